//! The sweep: many seeds, those that once failed by name, and the tapes that the fuzzer begins
//! with.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::rc::Rc;

use super::run::Run;
use super::tape::Tape;
use super::{connection, expect_panics};
use crate::testing::doors::framing::replay;
use crate::testing::poller::Poller;

/// Seeds of a plain `cargo test`, a count.
const SEEDS: u64 = 256;

/// Lines of the trace that a failure shows, a count.
const LINES: usize = 40;

/// Seeds that once failed, as this simulator reads them, and what it was. What older ones found
/// lives on as planted bugs, in `mutants`.
const PINNED: [(u64, &str); 3] = [
    (0x26d6, "each turn of a circle of redirects asks the peer"),
    (0x517a, "a script that is redirected to asks the peer again"),
    (0xd238, "the same, before an answer that comes too late"),
];

/// What a seed is played as, one after the other.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Over a bare stream.
    Bare,
    /// Over one with layers.
    Layered,
    /// Over either, with peers that read slowly or not at all.
    Slow,
    /// Over a bare stream, where each peer may have few connections and scripts.
    FewEach,
    /// Over a bare stream, with files in memory.
    Held,
}

const KINDS: [Kind; 5] = [
    Kind::Bare,
    Kind::Layered,
    Kind::Slow,
    Kind::FewEach,
    Kind::Held,
];

fn from_environment(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
        None => text.parse().unwrap(),
    })
}

/// Runs a seed in one of its kinds; says what went wrong.
fn run(
    seed: u64,
    kind: Kind,
    poller: &Poller,
    trace: Option<Rc<RefCell<Vec<String>>>>,
) -> Result<(), String> {
    let run = Run::new(Tape::from_seed(seed), poller);
    let run = match kind {
        Kind::Bare => run,
        Kind::Layered => run.layered(),
        Kind::Slow => run.slow(),
        Kind::FewEach => run.few_each(),
        Kind::Held => run.held(),
    };
    let run = match trace {
        Some(lines) => run.trace(lines),
        None => run,
    };
    catch_unwind(AssertUnwindSafe(|| run.go())).map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| text.to_string());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        text.unwrap_or_default()
    })
}

/// Runs seeds; of those that fail the first is run again with a trace, and told.
fn sweep(seeds: impl Iterator<Item = u64>) {
    expect_panics();
    let poller = Poller::new();
    let mut failures = Vec::new();
    for (seed, kind) in seeds.flat_map(|seed| KINDS.map(|kind| (seed, kind))) {
        if let Err(message) = run(seed, kind, &poller, None) {
            let line = message.lines().next().unwrap_or_default();
            let line = line.get(..160).unwrap_or(line);
            failures.push(format!("seed {seed:#x}, {kind:?}: {line}"));
            if failures.len() == 1 {
                failures[0] = explain(seed, kind, &poller);
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} seeds fail\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// Writes a seed's tape to a file, and tells the end of its trace.
fn explain(seed: u64, kind: Kind, poller: &Poller) -> String {
    let lines = Rc::new(RefCell::new(Vec::new()));
    let outcome = run(seed, kind, poller, Some(lines.clone()));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/sim");
    let path = folder.join(format!("{seed:#x}.tape"));
    std::fs::write(&path, Tape::from_seed(seed).bytes()).unwrap();
    let lines = lines.borrow();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    format!(
        "seed {seed:#x}, {kind:?}, {}\n{}\n{}",
        path.display(),
        last.join("\n"),
        outcome.unwrap_err()
    )
}

#[test]
fn every_seed_keeps_every_promise() {
    if let Some(seed) = from_environment("SIM_SEED") {
        expect_panics();
        for kind in KINDS {
            let lines = Rc::new(RefCell::new(Vec::new()));
            let outcome = run(seed, kind, &Poller::new(), Some(lines.clone()));
            println!("{kind:?}:\n{}", lines.borrow().join("\n"));
            assert_eq!(outcome, Ok(()), "seed {seed:#x} fails");
        }
        return;
    }
    sweep(0..from_environment("SIM_SEEDS").unwrap_or(SEEDS));
}

#[test]
fn seeds_that_once_failed_hold() {
    for (seed, what) in PINNED {
        println!("{seed:#x}: {what}");
        sweep(std::iter::once(seed));
    }
}

#[test]
fn seeds_of_connection_hold() {
    replay("connection", connection);
}
