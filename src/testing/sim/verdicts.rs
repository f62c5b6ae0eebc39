//! The table of framings in doubt, held against the oracle: what it says a peer must get is what
//! is written down there; and the engine against the oracle, with the bytes cut in many ways.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::answer::{self, Body, End, Say};
use super::answers::answers;
use super::expect_panics;
use super::fixture::{digest, pattern};
use super::run::Run;
use crate::http::limits::Limits;

#[path = "../../../tests/framings/mod.rs"]
mod framings;

use crate::testing::poller::Poller;
use framings::{Answer, Row, rows};

/// An answer as far as a verdict speaks of it: status, body, whether it must say close.
type Said = (u16, Option<Vec<u8>>, bool);

fn said(answer: &answer::Answer) -> Said {
    let status = answer.head[0].split(' ').nth(1).unwrap_or_default();
    let body = match &answer.body {
        Body::None => Some(Vec::new()),
        Body::Exact(bytes) => Some(bytes.clone()),
        _ => None,
    };
    // Of one that is served, the answers that follow tell.
    let closes = status != "200" && answer.close == Say::Yes;
    (status.parse().unwrap_or(0), body, closes)
}

fn wanted(row: &Row, answer: Answer) -> Said {
    let is_head = row.method() == "HEAD";
    let page = |status| (status, is_head.then(Vec::new), true);
    match answer {
        Answer::Served(_) if is_head => (200, Some(Vec::new()), false),
        Answer::Served(body) => (200, Some(digest(body.as_bytes()).into_bytes()), false),
        Answer::Unsupported => (501, None, false),
        Answer::Refused(status) => page(status),
        Answer::BadBody | Answer::Unended => page(400),
        Answer::Marker => (200, Some(pattern(1000)), false),
    }
}

#[test]
fn the_oracle_says_what_is_written() {
    let mut bad = Vec::new();
    for row in rows() {
        let stream = row.stream("/collect");
        let answers = answers(&stream, End::Fin, &Limits::default(), false);
        let said: Vec<Said> = answers.iter().map(said).collect();
        let wanted: Vec<Said> = row.answers.iter().map(|one| wanted(&row, *one)).collect();
        if said != wanted {
            let (name, rule) = (row.name, row.rule);
            let statuses: Vec<u16> = said.iter().map(|said| said.0).collect();
            bad.push(format!("{name} ({rule}): {statuses:?} is said"));
        }
    }
    assert!(bad.is_empty(), "{} rows:\n{}", bad.len(), bad.join("\n"));
}

/// Ways to cut each row, a count.
const CUTS: u64 = 6;

#[test]
fn the_engine_does_what_is_written_however_the_bytes_are_cut() {
    expect_panics();
    let poller = Poller::new();
    let mut bad = Vec::new();
    for row in rows() {
        for seed in 0..CUTS {
            let kinds = ["bare", "layered"];
            for kind in &kinds[..if seed == 0 { 2 } else { 1 }] {
                let run = Run::saying(&row.stream("/collect"), seed, &poller);
                let run = if *kind == "layered" {
                    run.layered()
                } else {
                    run
                };
                if catch_unwind(AssertUnwindSafe(|| run.go())).is_err() {
                    bad.push(format!("{} ({}), {kind}, seed {seed}", row.name, row.rule));
                }
            }
        }
    }
    assert!(bad.is_empty(), "{} runs:\n{}", bad.len(), bad.join("\n"));
}
