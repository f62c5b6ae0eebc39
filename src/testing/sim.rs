//! The whole engine in a simulator: fake network, fake clock, every choice from one tape.
//!
//! `tape` makes the choices, `net` and `backlog` are the network, `records` a second transport that
//! is to it what TLS is to a socket; `client` and `grammar` are the
//! peers, `handler` and `exchange` the program that is served, `script` plays the scripts that the
//! real CGI handler starts; `switching` has runs of connections that `upgrade` to another protocol.
//! `run` and its `steps` drive all of them. `check` looks at everything
//! after each turn; at the end `compare` holds what each client received against what `oracle` and
//! `answers` say it must receive: late or short perhaps, never false. Nothing sleeps and no socket
//! is opened.

mod answer;
mod answers;
mod backlog;
mod check;
mod client;
mod compare;
mod diary;
pub mod differential;
mod door;
mod exchange;
mod file_answers;
mod fixture;
mod grammar;
mod handler;
mod net;
mod oracle;
mod records;
mod room;
mod run;
#[cfg(feature = "cgi")]
mod script;
#[cfg(not(feature = "cgi"))]
#[path = "sim/script/none.rs"]
mod script;
mod script_answers;
mod steps;
pub mod switching;
mod tape;
mod upgrade;
mod words;

use std::panic;
use std::sync::Once;

use crate::testing::poller::Poller;
use run::Run;
use tape::Tape;

/// Fuzz target: one run with this tape over each kind of transport, one with slow peers, one with
/// few connections and scripts of each, and one with files in memory.
pub fn connection(input: &[u8]) {
    thread_local! {
        static POLLER: Poller = Poller::new();
    }
    expect_panics();
    POLLER.with(|poller| {
        let run = || Run::new(Tape::new(input.to_vec()), poller);
        run().go();
        run().layered().go();
        run().slow().go();
        run().few_each().go();
        run().held().go();
    });
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
            if !is_asked_for {
                other(info);
            }
        }));
    });
}

#[cfg(test)]
mod flux;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod verdicts;
