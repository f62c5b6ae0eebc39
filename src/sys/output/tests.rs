//! Pipes with several writers.

use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use super::*;

#[test]
fn none_of_two_who_write_at_once_waits_for_room_that_the_other_has_taken() {
    const ROUNDS: usize = 2_000;
    let (writer, mut reader) = mio::unix::pipe::new().unwrap();
    writer.set_nonblocking(false).unwrap();
    reader.set_nonblocking(false).unwrap();
    let writer = Arc::new(writer);
    let line = [b'x'; PIPE_BYTES];
    if write_at_once(writer.as_fd(), &line).is_none() {
        println!("skipped: this system's pipes know no RWF_NOWAIT");
        return;
    }
    while write_without_waiting(writer.as_fd(), &line).is_ok() {}
    let both = Arc::new(Barrier::new(2));
    let (told, heard) = mpsc::channel();
    let (ask, asked): (Vec<_>, Vec<_>) = (0..2).map(|_| mpsc::channel::<()>()).unzip();
    for asked in asked {
        let (writer, both, told) = (writer.clone(), both.clone(), told.clone());
        thread::spawn(move || {
            while asked.recv().is_ok() {
                both.wait();
                told.send(write_without_waiting(writer.as_fd(), &line))
                    .unwrap();
            }
        });
    }
    for _ in 0..ROUNDS {
        let mut room = line;
        reader.read_exact(&mut room).unwrap();
        ask.iter().for_each(|ask| ask.send(()).unwrap());
        let next = || {
            heard
                .recv_timeout(Duration::from_secs(10))
                .expect("nobody waits")
        };
        let done = [next(), next()];
        let written = done
            .iter()
            .filter(|done| matches!(done, Ok(PIPE_BYTES)))
            .count();
        let refused = (done.iter()).filter(|done| {
            done.as_ref()
                .is_err_and(|e| e.kind() == ErrorKind::WouldBlock)
        });
        assert_eq!((written, refused.count()), (1, 1), "{done:?}");
    }
}
