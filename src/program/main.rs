//! The `sprat` program: arguments, startup line, signals, exit status. It uses nothing but the
//! library's public API, as any other program that embeds the server would.

mod ceiling;
mod cli;
mod exit;
mod listen;
mod log_file;
mod program;
mod signals;
mod unix;

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;

use cli::{Action, Config, Show};
use exit::Fatal;
use listen::Bound;
use program::Program;
use signals::Signals;
use sprat::log::LineSink;
use sprat::{Builder, Turn};
use unix::UnixPlace;

// A release is stripped: a backtrace could not name anything.
sprat::without_backtraces!();

/// The process that a container starts, or the system: it is the parent of all orphans, and nobody
/// else reaps them.
const FIRST_PROCESS: u32 = 1;

fn main() -> ExitCode {
    match cli::parse(std::env::args_os().skip(1).collect()) {
        Ok(Action::Show(show)) => {
            print_text(&text(show));
            ExitCode::SUCCESS
        }
        Ok(Action::Limits(config)) => match ceiling::describe(&config) {
            Ok(text) => {
                print_text(&text);
                ExitCode::SUCCESS
            }
            Err(exit) => fail(&exit),
        },
        Ok(Action::Serve(config)) => match serve(&config) {
            Ok(()) => ExitCode::SUCCESS,
            Err(exit) => fail(&exit),
        },
        Err(error) => fail(&Fatal::usage(error)),
    }
}

/// Serves until a signal ends it.
fn serve(config: &Config) -> Result<(), Fatal> {
    let program = Program::open(config)?;
    for obstacle in program.obstacles() {
        offer(io::stderr(), &format!("sprat: warning: {obstacle}\n"));
    }
    // The server lives with fewer descriptors, too.
    let _ = sprat::raise_descriptor_limit();
    let Bound { builder, places } = listen::listen(&config.bind, config.port)?;
    let is_first = std::process::id() == FIRST_PROCESS;
    let (builder, signals) = watch_signals(builder, is_first, config.log_file.is_some())
        .map_err(|error| Fatal::system("cannot watch signals", &error))?;
    let addresses = builder.local_addrs().to_vec();
    let mut server = builder
        .limits(config.limits.clone())
        .protocol(config.protocol)
        .serve(program);
    // From here on nothing is opened but for those who come.
    let lines = addresses.into_iter().map(listen::startup_line);
    for line in lines.chain(places.iter().map(UnixPlace::startup_line)) {
        offer(io::stdout(), &line);
    }
    let gone = |error| Fatal::system("cannot go on", &error);
    while server.turn(None).map_err(gone)? != Turn::Stopped {
        if is_first {
            sprat::reap_orphans(&server.handler_mut().children());
        }
        if signals.hung_up() {
            server.handler_mut().reopen_log();
        }
    }
    if signals.interrupted() {
        offer(io::stdout(), "\nKeyboard interrupt received, exiting.\n");
    }
    Ok(())
}

fn watch_signals(
    builder: Builder,
    is_first: bool,
    has_log_file: bool,
) -> io::Result<(Builder, Signals)> {
    let (mut builder, signals) = signals::watch(builder)?;
    if is_first {
        builder = signals::wake_on_orphans(builder)?;
    }
    if has_log_file {
        builder = signals.wake_on_hang_up(builder)?;
    }
    Ok((builder, signals))
}

fn fail(exit: &Fatal) -> ExitCode {
    offer(io::stderr(), &format!("sprat: {}\n", exit.line));
    ExitCode::from(exit.code)
}

fn text(show: Show) -> String {
    match show {
        Show::Help => cli::help(),
        Show::Man => cli::man(),
        Show::Version => concat!("sprat ", env!("CARGO_PKG_VERSION"), "\n").into(),
    }
}

/// Prints what somebody asked for: it waits for a slow reader, and one that left has read enough.
fn print_text(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes());
    let _ = stdout.flush();
}

/// Prints what nobody may be there to read: a closed or a full descriptor does not stop it.
fn offer(fd: impl AsFd, text: &str) {
    let mut sink = LineSink::new(fd);
    sink.line(text.as_bytes());
    sink.flush();
}
