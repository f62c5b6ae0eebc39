//! Bytes in memory as the stream that tungstenite reads and writes.

use std::collections::VecDeque;
use std::io::{self, Read, Write};

/// What has come and was not read, and what is to be sent.
#[derive(Default)]
pub struct Wire {
    pub came: VecDeque<u8>,
    pub waiting: VecDeque<u8>,
}

impl Read for Wire {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.came.read(buf) {
            Ok(0) => Err(io::ErrorKind::WouldBlock.into()),
            other => other,
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
