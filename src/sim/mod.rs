//! The whole engine in a simulator: fake network, fake clock, every choice from one tape.
//!
//! `tape` makes the choices, `net` is the network, `client` and `grammar` are the peers, `handler`
//! and `exchange` the program that is served. `check` looks at the engine after each turn; at the
//! end `compare` holds what each client received against what `oracle` and `answers` say it must
//! receive. Nothing sleeps and no socket is opened.

mod answers;
mod backlog;
mod check;
mod client;
mod compare;
mod diary;
mod exchange;
mod fixture;
mod grammar;
mod handler;
mod net;
mod oracle;
mod run;
mod steps;
mod tape;

use std::panic;
use std::sync::Once;

use run::{Run, Shell};
use tape::Tape;

/// Fuzz target: one run with this tape.
pub fn connection(input: &[u8]) {
    thread_local! {
        static SHELL: Shell = Shell::new();
    }
    expect_panics();
    SHELL.with(|shell| Run::new(Tape::new(input.to_vec()), shell).go());
}

/// Lets the panics that a run asks for pass in silence. (Under a fuzzer none are asked for.)
fn expect_panics() {
    static HOOK: Once = Once::new();
    if cfg!(fuzzing) {
        return;
    }
    HOOK.call_once(|| {
        let other = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let is_asked_for = info.payload().downcast_ref::<&str>() == Some(&"as asked");
            if !is_asked_for && !is_mutant() {
                other(info);
            }
        }));
    });
}

/// Whether a bug is planted on this thread: its panics are what is hoped for.
fn is_mutant() -> bool {
    #[cfg(test)]
    let planted = crate::mutant::is_any_planted();
    #[cfg(not(test))]
    let planted = false;
    planted
}

#[cfg(test)]
mod mutants;
#[cfg(test)]
mod tests;
