//! The whole engine in a simulator: fake network, fake clock, every choice from one tape.
//!
//! `tape` makes the choices, `net` and `backlog` are the network, `client` and `grammar` are the
//! peers, `handler` and `exchange` the program that is served, `script` plays the scripts that the
//! real CGI handler starts. `run` and its `steps` drive all of them. `check` looks at everything
//! after each turn; at the end `compare` holds what each client received against what `oracle` and
//! `answers` say it must receive: late or short perhaps, never false. `mutants` shows that bugs are
//! found. Nothing sleeps and no socket is opened.

mod answer;
mod answers;
mod backlog;
mod check;
mod client;
mod compare;
mod diary;
pub mod differential;
mod exchange;
mod file_answers;
mod fixture;
mod grammar;
mod handler;
mod net;
mod oracle;
mod run;
#[cfg(feature = "cgi")]
mod script;
#[cfg(not(feature = "cgi"))]
#[path = "script/none.rs"]
mod script;
mod script_answers;
mod steps;
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

#[cfg(all(test, feature = "cgi"))]
mod mutants;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod verdicts;
