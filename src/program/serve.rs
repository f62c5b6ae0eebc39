//! One server, until a signal or its supervisor ends it.

use sprat::{Builder, Turn};

use crate::announce::Watcher;
use crate::cli::Config;
use crate::exit::Fatal;
use crate::program::{Program, configured};
use crate::signals::{self, Signals};

/// Serves. `inherited` are the signals that a supervisor notes: until now they have come there.
pub fn serve(
    builder: Builder,
    config: &Config,
    mut program: Program,
    mut watcher: Watcher<'_>,
    inherited: Option<Signals>,
) -> Result<(), Fatal> {
    let watched = signals::watch(builder, config.drain_grace(), config.log_file.is_some());
    let (builder, signals) =
        watched.map_err(|error| Fatal::system("cannot watch signals", &error))?;
    if let Some(mut inherited) = inherited {
        inherited.forget();
        if inherited.terminated() {
            return Ok(());
        }
        if inherited.hung_up() {
            program.reopen_log();
        }
    }
    let mut server = configured(builder, config).serve(program);
    // From here on nothing is opened but for those who come.
    watcher.ready();
    let mut is_leaving = false;
    let gone = |error| Fatal::system("cannot go on", &error);
    loop {
        let turn = server.turn(None).map_err(gone)?;
        if signals.child_ended() {
            sprat::reap_orphans(&server.handler_mut().children());
        }
        if signals.hung_up() {
            if let Some(outside) = watcher.outside() {
                outside.reloading();
            }
            server.handler_mut().reopen_log();
            watcher.ready();
        }
        if server.is_leaving() && !is_leaving {
            is_leaving = true;
            if let Some(outside) = watcher.outside() {
                outside.stopping();
            }
        }
        if turn == Turn::Stopped {
            break;
        }
    }
    if let Some(outside) = watcher.outside().filter(|_| signals.interrupted()) {
        outside.interrupted();
    }
    match config.once && !server.is_taken() {
        true => Err(Fatal::not_taken()),
        false => Ok(()),
    }
}
