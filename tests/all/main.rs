//! The program as its users meet it: the real binary over real sockets, one file a promise.

#[cfg(all(target_os = "linux", feature = "cgi"))]
mod board;
mod ceiling;
#[cfg(feature = "cgi")]
mod cgi;
mod check;
mod cli;
mod completions;
mod conditional;
mod connections;
mod container;
// Scripts are among what it asks for.
#[cfg(feature = "cgi")]
mod cors;
mod deserted;
mod drain;
mod files;
mod handed;
mod header_for;
mod health;
mod hosts;
mod library;
mod limits;
mod listing;
mod load;
mod log;
mod negotiation;
mod once;
mod pages;
mod privileges;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod processes;
mod proxies;
mod ranges;
#[cfg(feature = "cgi")]
mod recipes;
mod replicas;
mod requests;
mod rollout;
mod sandbox;
mod service;
mod signals;
mod smuggling;
mod soak;
mod types;
mod units;
mod unix;

#[path = "../support/mod.rs"]
mod support;
