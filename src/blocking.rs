//! A server for threads that block.
#![doc = include_str!("blocking.md")]

mod door;
mod exchange;
mod hatch;
mod lobby;
mod request;
mod server;
mod stream;

pub use door::{Door, DoorLimits, Incoming, Requests, door};
pub use hatch::PIPE_BYTES_MAX;
pub use request::Request;
pub use server::Server;
pub use stream::{BodyWriter, Stream};
