//! The `sprat` program: arguments, startup line, signals, exit status. It uses nothing but the
//! library's public API, as any other program that embeds the server would.

mod activation;
mod ceiling;
mod check;
mod cli;
mod exit;
mod listen;
mod log_file;
mod notify;
mod privileges;
mod program;
mod signals;
mod unix;

use std::io::{self, Write};
use std::process::ExitCode;

use cli::{Action, Config, Show};
use exit::{Fatal, offer, warn};
use log_file::ProgramLog;
use notify::{Notifier, ReadyFd};
use privileges::Privileges;
use program::{Program, configured};
use signals::Signals;
use sprat::{Builder, Turn};

// A release is stripped: a backtrace could not name anything.
sprat::without_backtraces!();

fn main() -> ExitCode {
    let done = match cli::parse(std::env::args_os().skip(1).collect()) {
        Ok(Action::Show(show)) => {
            print_text(&text(show));
            Ok(())
        }
        Ok(Action::Limits(config)) => ceiling::describe(&config).map(|text| print_text(&text)),
        Ok(Action::Check(url)) => check::check(&url),
        Ok(Action::Serve(mut config)) => serve(&mut config),
        Err(error) => Err(Fatal::usage(error)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => {
            offer(io::stderr(), &format!("sprat: {}\n", exit.line));
            ExitCode::from(exit.code)
        }
    }
}

/// Serves until a signal ends it.
fn serve(config: &mut Config) -> Result<(), Fatal> {
    // Before anything else is opened.
    let sockets = activation::sockets()?;
    let ready = config.ready_fd.map(ReadyFd::take).transpose()?;
    let notifier = Notifier::new();
    // What only root may open, before anything that is served.
    let privileges = Privileges::look_up(config)?;
    let log = ProgramLog::open(config)?;
    let mut bound = listen::start_listening(config, sockets)?;
    privileges.give_up(config)?;
    let mut program = Program::open(config, log)?;
    privileges::settle(config, &mut program, &mut bound.places);
    program.obstacles().iter().for_each(warn);
    // The server lives with fewer descriptors, too.
    let _ = sprat::raise_descriptor_limit();
    let (lines, urls) = (bound.startup_lines(), bound.urls());
    let (builder, signals) = watch_signals(bound.builder, config)
        .map_err(|error| Fatal::system("cannot watch signals", &error))?;
    let mut server = configured(builder, config).serve(program);
    // From here on nothing is opened but for those who come.
    for line in lines {
        offer(io::stdout(), &line);
    }
    if let Some(ready) = ready {
        ready.tell(&urls);
    }
    notifier.ready(&urls);
    let mut is_leaving = false;
    let gone = |error| Fatal::system("cannot go on", &error);
    loop {
        let turn = server.turn(None).map_err(gone)?;
        if signals.child_ended() {
            sprat::reap_orphans(&server.handler_mut().children());
        }
        if signals.hung_up() {
            notifier.reloading();
            server.handler_mut().reopen_log();
            notifier.ready(&urls);
        }
        if server.is_leaving() && !is_leaving {
            is_leaving = true;
            notifier.stopping();
        }
        if turn == Turn::Stopped {
            break;
        }
    }
    if signals.interrupted() {
        offer(io::stdout(), "\nKeyboard interrupt received, exiting.\n");
    }
    match config.once && !server.is_taken() {
        true => Err(Fatal::not_taken()),
        false => Ok(()),
    }
}

fn watch_signals(builder: Builder, config: &Config) -> io::Result<(Builder, Signals)> {
    let (mut builder, signals) = signals::watch(builder, config.drain_grace())?;
    if config.log_file.is_some() {
        builder = signals.wake_on_hang_up(builder)?;
    }
    Ok((builder, signals))
}

fn text(show: Show) -> String {
    match show {
        Show::Help => cli::help(),
        Show::Man => cli::man(),
        Show::Completions(shell) => cli::completions(shell),
        Show::Version => concat!("sprat ", env!("CARGO_PKG_VERSION"), "\n").into(),
    }
}

/// Prints what somebody asked for: it waits for a slow reader, and one that left has read enough.
fn print_text(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes());
    let _ = stdout.flush();
}
