//! Shows that the simulator finds bugs: each of these is planted, and its seed must find it.
//!
//! A seed goes stale when the simulator reads its tape in another way; the failure then names one
//! that finds the bug.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::expect_panics;
use super::run::Shell;
use super::tests::{from_environment, run};
use crate::mutant;

/// Seeds tried for one that finds a bug, a count; `SIM_SEEDS` sets another.
const SEEDS: u64 = 2000;

/// Names in the code, what is wrong then, and a seed that finds it.
const MUTANTS: &[(&str, &str, u64)] = &[
    (
        "accept_edge_lost",
        "a pause forgets who waits at a listener",
        0xc,
    ),
    ("accept_paused_for_ever", "a pause has no end", 0x2e),
    ("again_lost", "a spent budget is forgotten", 0x5),
    (
        "answer_lost_in_discard",
        "a body that nobody wants stalls, and its answer is lost",
        0x4189,
    ),
    (
        "buffer_kept",
        "an idle connection keeps its write buffer",
        0x0,
    ),
    ("byte_twice", "a body byte is counted twice", 0x2),
    (
        "child_keeps_owner",
        "a script's end is told to whoever has its token next",
        0xf84,
    ),
    (
        "chunk_crlf_skipped",
        "what ends a chunk is not looked at",
        0x83,
    ),
    ("chunk_end_cut", "a chunk is sent without its CR", 0x0),
    (
        "connections_unlimited",
        "more connections than there may be",
        0xd,
    ),
    ("continue_twice", "100 Continue is sent again", 0x6b8),
    (
        "deadline_inherited",
        "the deadline of a source is left to the next exchange",
        0x143,
    ),
    (
        "discard_unbounded",
        "an unwanted body is read to its end",
        0x1de,
    ),
    (
        "echo_blocked",
        "what went out makes no room for what comes in",
        0x14d,
    ),
    (
        "exchange_outlives",
        "an exchange is not ended with its response",
        0x0,
    ),
    (
        "exit_untold",
        "an exchange does not hear of its script's end",
        0x8e,
    ),
    (
        "failed_body_left",
        "a body whose exchange failed is left lying",
        0x3ac7,
    ),
    (
        "fin_forgotten",
        "a FIN behind the last bytes is not read",
        0x1,
    ),
    (
        "group_not_killed",
        "a script is reaped, and its group lives on",
        0x26,
    ),
    (
        "held_by_length",
        "kept input is compared by its length",
        0x2a3,
    ),
    ("held_kept", "an idle connection keeps its read buffer", 0x1),
    (
        "jobs_killed",
        "what a script leaves that has ended is killed",
        0x0,
    ),
    ("no_linger", "a socket is closed under unread bytes", 0x1),
    (
        "only_terminated",
        "a script that heeds no TERM is left alone",
        0x35,
    ),
    (
        "output_past_length",
        "more than a script's Content-Length is sent",
        0x24,
    ),
    (
        "part_off_by_one",
        "a part of several begins a byte late",
        0x117,
    ),
    (
        "pipe_left_registered",
        "a pipe is closed while it is registered",
        0x0,
    ),
    (
        "pipe_ready_kept",
        "nothing in a pipe, and still marked readable",
        0x26,
    ),
    ("place_lost", "a script that ended keeps its place", 0x0),
    ("places_unbounded", "more scripts than may be", 0xa),
    ("range_off_by_one", "a range ends a byte early", 0x117),
    (
        "readable_kept",
        "nothing to read, and still marked readable",
        0x3,
    ),
    (
        "reads_ahead",
        "requests are read that wait for an answer before them",
        0x0,
    ),
    (
        "requests_unbounded",
        "a peer has all of its requests answered in one turn",
        0x7,
    ),
    (
        "reroute_keeps_body",
        "a redirected request has its body still",
        0x63,
    ),
    ("reroute_unbounded", "a redirect loop is followed", 0x5),
    (
        "shed_for_nobody",
        "an idle connection makes room, and nobody comes",
        0x56,
    ),
    (
        "stderr_unread",
        "a script waits for somebody to read its stderr",
        0x3d,
    ),
    (
        "stdin_left_open",
        "a script never sees the end of its stdin",
        0x5c2,
    ),
    (
        "timer_lost",
        "a timer that fires early is not armed again",
        0x18,
    ),
    (
        "timer_only_later",
        "a deadline that moves nearer does not move its timer",
        0x0,
    ),
    (
        "timer_outlives",
        "a timer fires for whoever has its token next",
        0x0,
    ),
    (
        "waker_outlives",
        "a waker wakes whoever has its token next",
        0x351,
    ),
    (
        "writable_kept",
        "no room to write, and still marked writable",
        0x3,
    ),
];

#[test]
fn every_planted_bug_is_found_by_its_seed() {
    expect_panics();
    let shell = Shell::new();
    let seeds = from_environment("SIM_SEEDS").unwrap_or(SEEDS);
    let mut complaints = Vec::new();
    for &(name, what, seed) in MUTANTS {
        let finds = |seed| mutant::with(name, || run(seed, &shell, None)).err();
        match finds(seed) {
            Some(_) => assert_eq!(run(seed, &shell, None), Ok(()), "{seed:#x} without {name}"),
            None => {
                let other = (0..seeds)
                    .filter_map(|seed| Some((seed, finds(seed)?)))
                    .find(|(seed, _)| run(*seed, &shell, None).is_ok());
                let other = other.map(|(seed, message)| format!("{seed:#x} does: {message:.60}"));
                let other = other.unwrap_or_else(|| "none does".into());
                complaints.push(format!(
                    "{name}: {seed:#x} does not find it, {other} ({what})"
                ));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn every_planted_bug_is_in_the_list() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut planted = BTreeSet::new();
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path != root.join("mutant.rs") {
                let text = fs::read_to_string(path).unwrap_or_default();
                let names = text.split("mutant!(\"").skip(1);
                planted.extend(names.filter_map(|name| Some(name.split_once('"')?.0.to_owned())));
            }
        }
    }
    let listed: BTreeSet<String> = MUTANTS.iter().map(|(name, ..)| (*name).into()).collect();
    assert_eq!(listed.len(), MUTANTS.len(), "a name twice");
    assert_eq!(planted, listed);
}
