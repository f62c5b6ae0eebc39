//! The whole engine in a simulator: fake network, fake clock, every choice from one tape.
//!
//! `tape` makes the choices, `net` is the network, `client` and `grammar` are the peers, `handler`
//! and `exchange` the program that is served. `check` looks at the engine after each turn; at the
//! end `compare` holds what each client received against what `oracle` and `answers` say it must
//! receive. Nothing sleeps and no socket is opened.

mod answers;
mod check;
mod client;
mod compare;
mod diary;
pub mod differential;
mod exchange;
mod fixture;
mod grammar;
mod handler;
mod net;
mod oracle;
mod run;
mod tape;
mod words;

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
            if info.payload().downcast_ref::<&str>() != Some(&"as asked") {
                other(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod verdicts;
