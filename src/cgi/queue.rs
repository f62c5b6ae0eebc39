//! Who may run a script now, and who waits, by turns. A waiting request holds no process and no
//! pipe.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::pumps::ReadPipe;
use super::space::Share;
use super::turns::{CallUp, Seat, Turns};
use crate::http::peer::PeerKey;

/// The places for scripts, shared by all requests of one `Cgi`.
#[derive(Clone)]
pub struct Queue(Arc<Mutex<QueueState>>);

struct QueueState {
    turns: Turns,
    /// The processes of scripts that are not reaped.
    children: Vec<u32>,
}

/// One request's place: running, or in the queue. Dropping it gives the place up.
pub struct Ticket {
    queue: Queue,
    place: Seat,
    /// The room that its body takes in files: the script has it for stdin until it is gone.
    share: Option<Share>,
    /// What it writes to, and nobody reads any more.
    outputs: RefCell<Vec<Box<dyn ReadPipe>>>,
}

/// Whether the script of a ticket may run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScriptTurn {
    /// From now on.
    Now,
    /// It waits.
    Later,
    /// Its place was given to a peer with fewer requests that wait.
    Never,
}

impl Queue {
    /// Places for this many scripts, and so many of one peer.
    pub fn new(running_max: usize, running_each_max: usize) -> Queue {
        Queue(Arc::new(Mutex::new(QueueState {
            turns: Turns::new(running_max, running_each_max),
            children: Vec::new(),
        })))
    }

    /// How many scripts may run at once.
    pub fn running_max(&self) -> usize {
        self.lock().turns.running_max()
    }

    /// Whether nobody more of this peer can wait for a place.
    pub fn is_full_for(&self, peer: PeerKey) -> bool {
        self.lock().turns.is_full_for(peer)
    }

    /// The ids of the scripts' processes that are not reaped.
    pub fn children(&self) -> Vec<u32> {
        self.lock().children.clone()
    }

    /// A place for a request of this peer, at once or in the queue; `None` if that is full. What
    /// wakes is made for whoever waits only.
    pub fn enter(&self, peer: PeerKey, wake: impl FnOnce() -> CallUp) -> Option<Ticket> {
        match self.lock().turns.enter(peer, wake) {
            Seat::None => None,
            place => Some(Ticket {
                queue: self.clone(),
                place,
                share: None,
                outputs: RefCell::default(),
            }),
        }
    }

    /// Whether no place is taken, and nobody waits for one.
    #[cfg(any(test, fuzzing))]
    pub fn is_at_rest(&self) -> bool {
        self.lock().turns.is_at_rest()
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// Keeps the room of the body for as long.
    pub fn keep(&mut self, share: Share) {
        self.share = Some(share);
    }

    /// Whether the script may run: it may from the first time on.
    pub fn turn(&mut self) -> ScriptTurn {
        if let Seat::Waits(..) = self.place {
            let turns = &mut self.queue.lock().turns;
            self.place = turns.take_turn(self.place);
            if let Seat::Runs(_) = self.place {
                // Two places may have come free by one and the same turn.
                turns.call_next();
            }
        }
        match self.place {
            Seat::Runs(_) => ScriptTurn::Now,
            Seat::Waits(..) => ScriptTurn::Later,
            Seat::None => ScriptTurn::Never,
        }
    }
}

impl Ticket {
    /// The script has this process.
    pub fn begins(&self, id: u32) {
        self.queue.lock().children.push(id);
    }

    /// That process is told to end. Until it has, what it writes has somewhere to go: with an end
    /// of a pipe closed, the first word that it says about that would kill it (SIGPIPE).
    pub fn hold(&self, output: impl IntoIterator<Item = Box<dyn ReadPipe>>) {
        self.outputs.borrow_mut().extend(output);
    }

    /// That process is reaped.
    pub fn ends(&self, id: u32) {
        self.queue.lock().children.retain(|&child| child != id);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let turns = &mut self.queue.lock().turns;
        turns.leave(self.place);
        turns.call_next();
    }
}

#[cfg(test)]
mod tests;
