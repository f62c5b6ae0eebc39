//! The server's ends of a script's three pipes: each remembers whether it may be ready, for
//! readiness is told by edges only.

use std::io::{self, Read, Write};

use mio::Interest;
use mio::event::Source;

use super::limits::{READ_BYTES, READS_MAX};
use super::lines::Lines;
use crate::handler::Cx;
use crate::sys::sigpipe::without_sigpipe;

/// The number that stdin is registered under.
pub const STDIN: u8 = 1;
/// The number that stdout is registered under.
pub const STDOUT: u8 = 2;
/// The number that stderr is registered under.
pub const STDERR: u8 = 3;

/// A pipe's end to write to, which never blocks.
pub trait WritePipe: Source + Write {}
impl<T: Source + Write> WritePipe for T {}

/// A pipe's end to read from, which never blocks.
pub trait ReadPipe: Source + Read {}
impl<T: Source + Read> ReadPipe for T {}

/// A pipe end that is registered until it is closed.
struct PipeEnd<T: Source> {
    pipe: Option<T>,
    ready: bool,
}

impl<T: Source> PipeEnd<T> {
    fn open(mut pipe: T, which: u8, interest: Interest, cx: &mut Cx<'_>) -> io::Result<PipeEnd<T>> {
        cx.register(&mut pipe, which, interest)?;
        // Registering tells whether it is ready already, as an event.
        Ok(PipeEnd {
            pipe: Some(pipe),
            ready: false,
        })
    }

    /// Deregisters the pipe and gives it away.
    fn close(&mut self, cx: &mut Cx<'_>) -> Option<T> {
        self.ready = false;
        let mut pipe = self.pipe.take()?;
        // It only fails for what is not registered.
        let _ = cx.deregister(&mut pipe);
        Some(pipe)
    }
}

/// What one read of a pipe gave.
#[derive(PartialEq, Eq, Debug)]
pub enum Took {
    /// This many bytes, at least 1.
    Bytes(usize),
    /// Nothing now.
    Nothing,
    /// The end: every holder of the other side has closed it.
    End,
}

impl PipeEnd<Box<dyn ReadPipe>> {
    fn read(&mut self, buf: &mut [u8], cx: &mut Cx<'_>) -> io::Result<Took> {
        loop {
            let Some(pipe) = &mut self.pipe else {
                return Ok(Took::End);
            };
            if !self.ready {
                return Ok(Took::Nothing);
            }
            match pipe.read(buf) {
                Ok(0) => drop(self.close(cx)),
                Ok(n) => return Ok(Took::Bytes(n)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.ready = false;
                    return Ok(Took::Nothing);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// A script's stdin.
pub struct StdinPump {
    end: PipeEnd<Box<dyn WritePipe>>,
    held: Vec<u8>,
    held_at: usize,
    last: bool,
}

impl StdinPump {
    /// Registers the pipe, and holds a body for it, or the start of one. Without a pipe it takes
    /// all and gives nothing.
    ///
    /// # Errors
    /// Those of `epoll_ctl(2)` or the like: no memory, no more watches.
    pub fn open(
        pipe: Option<Box<dyn WritePipe>>,
        held: Vec<u8>,
        is_whole: bool,
        cx: &mut Cx<'_>,
    ) -> io::Result<StdinPump> {
        let mut end = match pipe {
            Some(pipe) => PipeEnd::open(pipe, STDIN, Interest::WRITABLE, cx)?,
            None => PipeEnd {
                pipe: None,
                ready: false,
            },
        };
        // A new pipe is empty.
        end.ready = end.pipe.is_some();
        let mut input = StdinPump {
            end,
            last: is_whole,
            held,
            held_at: 0,
        };
        input.push(cx)?;
        Ok(input)
    }

    /// The pipe may be writable. Returns whether bytes went.
    ///
    /// # Errors
    /// Those of write(2), but not that the script has closed its stdin.
    pub fn on_ready(&mut self, cx: &mut Cx<'_>) -> io::Result<bool> {
        self.end.ready = self.end.pipe.is_some();
        self.push(cx)
    }

    /// Takes body bytes, behind those that are held; returns how many. A script that has closed its
    /// stdin has had enough: the rest is taken and dropped.
    ///
    /// # Errors
    /// Those of write(2), but not that the script has closed its stdin.
    pub fn offer(&mut self, bytes: &[u8], cx: &mut Cx<'_>) -> io::Result<usize> {
        match self.held.is_empty() {
            true => self.write(bytes, cx),
            false => Ok(0),
        }
    }

    fn write(&mut self, bytes: &[u8], cx: &mut Cx<'_>) -> io::Result<usize> {
        let mut taken = 0;
        while taken < bytes.len() {
            let Some(pipe) = &mut self.end.pipe else {
                return Ok(bytes.len());
            };
            if !self.end.ready {
                break;
            }
            match without_sigpipe(|| pipe.write(&bytes[taken..])) {
                Ok(n) => taken += n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.end.ready = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.close(cx),
                Err(error) => return Err(error),
            }
        }
        Ok(taken)
    }

    /// Whether the script may be waiting for more of the body: it could have taken all there is.
    pub fn is_starved(&self) -> bool {
        self.end.ready && self.held.is_empty()
    }

    /// The body is complete: the script sees the end of its stdin.
    pub fn finish(&mut self, cx: &mut Cx<'_>) {
        self.close(cx);
    }

    /// Deregisters and closes.
    pub fn close(&mut self, cx: &mut Cx<'_>) {
        drop(self.end.close(cx));
        self.held = Vec::new();
    }

    /// Writes what is held, and closes after the last byte of all.
    fn push(&mut self, cx: &mut Cx<'_>) -> io::Result<bool> {
        if self.end.pipe.is_none() || (self.held.is_empty() && !self.last) {
            return Ok(false);
        }
        let held = std::mem::take(&mut self.held);
        let at = self.held_at;
        self.held_at += self.write(&held[at..], cx)?;
        if self.held_at < held.len() {
            self.held = held;
        } else if self.last {
            self.close(cx);
        }
        Ok(self.held_at > at)
    }
}

/// A script's stdout.
pub struct StdoutPump {
    end: PipeEnd<Box<dyn ReadPipe>>,
    buf: Box<[u8]>,
}

impl StdoutPump {
    /// Registers the pipe.
    ///
    /// # Errors
    /// Those of `epoll_ctl(2)` or the like: no memory, no more watches.
    pub fn open(pipe: Box<dyn ReadPipe>, cx: &mut Cx<'_>) -> io::Result<StdoutPump> {
        Ok(StdoutPump {
            end: PipeEnd::open(pipe, STDOUT, Interest::READABLE, cx)?,
            buf: vec![0; READ_BYTES].into_boxed_slice(),
        })
    }

    /// The pipe may be readable.
    pub fn on_ready(&mut self) {
        self.end.ready = self.end.pipe.is_some();
    }

    /// Whether there may be more to read at once.
    pub fn is_ready(&self) -> bool {
        self.end.ready
    }

    /// Whether all output was read.
    pub fn is_ended(&self) -> bool {
        self.end.pipe.is_none()
    }

    /// Reads at most `len` bytes, which [`bytes`](StdoutPump::bytes) then gives.
    ///
    /// # Errors
    /// Those of read(2).
    pub fn read(&mut self, len: usize, cx: &mut Cx<'_>) -> io::Result<Took> {
        let len = len.min(self.buf.len());
        self.end.read(&mut self.buf[..len], cx)
    }

    /// The first bytes of the last read.
    pub fn bytes(&self, len: usize) -> &[u8] {
        &self.buf[..len]
    }

    /// Deregisters the pipe and gives it away, if it has not ended.
    pub fn close(&mut self, cx: &mut Cx<'_>) -> Option<Box<dyn ReadPipe>> {
        self.end.close(cx)
    }
}

/// A script's stderr.
pub struct StderrPump {
    end: PipeEnd<Box<dyn ReadPipe>>,
    lines: Lines,
}

impl StderrPump {
    /// Registers the pipe of the script with this name.
    ///
    /// # Errors
    /// Those of `epoll_ctl(2)` or the like: no memory, no more watches.
    pub fn open(pipe: Box<dyn ReadPipe>, name: &str, cx: &mut Cx<'_>) -> io::Result<StderrPump> {
        Ok(StderrPump {
            end: PipeEnd::open(pipe, STDERR, Interest::READABLE, cx)?,
            lines: Lines::new(name.len() + ": ".len()),
        })
    }

    /// The pipe may be readable.
    pub fn on_ready(&mut self) {
        self.end.ready = self.end.pipe.is_some();
    }

    /// Reads what there is, within bounds, and logs its lines under the script's name. Returns
    /// whether there may be more.
    pub fn read(&mut self, name: &str, cx: &mut Cx<'_>) -> bool {
        if !self.end.ready {
            return false;
        }
        let mut buf = [0; READ_BYTES / 4];
        for _ in 0..READS_MAX {
            match self.end.read(&mut buf, cx) {
                Ok(Took::Bytes(n)) => {
                    let each = &mut |line| cx.log(format!("{name}: {line}"));
                    self.lines.feed(&buf[..n], each);
                }
                Ok(Took::Nothing | Took::End) => return false,
                Err(_) => {
                    drop(self.end.close(cx));
                    return false;
                }
            }
        }
        true
    }

    /// Logs what is left, deregisters the pipe and gives it away, if it has not ended.
    pub fn close(&mut self, name: &str, cx: &mut Cx<'_>) -> Option<Box<dyn ReadPipe>> {
        self.on_ready();
        // More than a pipe holds, and no more: the script may still be writing.
        for _ in 0..READS_MAX {
            if !self.read(name, cx) {
                break;
            }
        }
        self.lines
            .end(&mut |line| cx.log(format!("{name}: {line}")));
        self.end.close(cx)
    }
}
