//! The `sprat` program: arguments, startup line, signals, exit status. It uses nothing but the
//! library's public API, as any other program that embeds the server would.

mod activation;
mod announce;
mod ceiling;
mod check;
mod cli;
mod cores;
mod exit;
mod listen;
mod log_file;
mod notify;
mod privileges;
mod program;
mod sandbox;
mod serve;
mod signals;
mod supervisor;
mod unix;

use std::io::{self, Write};
use std::process::ExitCode;

use announce::{Announcement, Watcher};
use cli::{Action, Config, Show};
use exit::{Fatal, offer, warn};
use log_file::ProgramLog;
use notify::{Notifier, ReadyFd};
use privileges::Privileges;
use program::Program;
use sprat::Forks;
use supervisor::Inherited;

// A release is stripped: a backtrace could not name anything.
sprat::without_backtraces!(static);

fn main() -> ExitCode {
    let done = match cli::parse(std::env::args_os().skip(1).collect()) {
        Ok(Action::Show(show)) => {
            print_text(&text(show));
            Ok(())
        }
        Ok(Action::Limits(config)) => ceiling::describe(&config).map(|text| print_text(&text)),
        Ok(Action::Check(url, as_proxy)) => check::check(&url, as_proxy),
        Ok(Action::Serve(mut config)) => start(&mut config),
        Err(error) => Err(Fatal::usage(error)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => {
            if !exit.line.is_empty() {
                offer(io::stderr(), &format!("sprat: {}\n", exit.line));
            }
            ExitCode::from(exit.code)
        }
    }
}

/// Opens everything, and serves until a signal ends it.
fn start(config: &mut Config) -> Result<(), Fatal> {
    // Before anything else is opened.
    let sockets = activation::sockets()?;
    let ready = config.ready_fd.map(ReadyFd::take).transpose()?;
    let notifier = Notifier::new();
    // What only root may open, before anything that is served.
    let privileges = Privileges::look_up(config)?;
    let forks = config.processes.map(|_| Forks::new()).transpose();
    let forks =
        forks.map_err(|error| Fatal::system("cannot start servers by way of /proc", &error))?;
    let log = ProgramLog::open(config)?;
    let mut bound = listen::start_listening(config, sockets)?;
    privileges.give_up(config)?;
    let mut program = Program::open(config, log)?;
    privileges::settle(config, &mut program, &mut bound.places);
    program.obstacles().iter().for_each(warn);
    // The server lives with fewer descriptors, too.
    let _ = sprat::raise_descriptor_limit();
    // Before another server is started: it inherits it. What is opened later is within it.
    sandbox::enter(config, &bound.places, &notifier)?;
    let mut announcement = Announcement::new(&bound, ready, notifier);
    let (Some(count), Some(forks)) = (config.processes, forks) else {
        let watcher = Watcher::Outside(&mut announcement);
        return serve::serve(bound.builder, config, program, watcher, None);
    };
    let inherited = Inherited {
        config,
        program,
        listeners: bound.builder.into_listeners(),
        places: bound.places,
        forks,
    };
    supervisor::supervise(inherited, count, announcement)
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
