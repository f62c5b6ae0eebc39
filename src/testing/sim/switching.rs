//! Connections that are switched to another protocol: requests, one that asks for it, then raw
//! bytes, over each kind of transport, with either side ending first. The tapes of the other runs
//! stay as they are.

use super::answer::End;
use super::client::Client;
use super::net::Faults;
use super::run::Run;
use super::tape::Tape;
use crate::testing::poller::Poller;

/// What a client says, and how its stream ends.
fn script(tape: &mut Tape) -> (Vec<u8>, End) {
    let mut script = Vec::new();
    for _ in 0..tape.pick(&[0, 0, 1, 2]) {
        let request = format!(
            "GET /bytes/{} HTTP/1.1\r\nHost: h\r\n\r\n",
            tape.below(3000)
        );
        script.extend(request.bytes());
    }
    let number = tape.pick(&[0, 1, 1000, 5000, 40_000]);
    let path = tape.pick(&["echo", "sip", "speech"]);
    let line = tape.pick(&["GET", "GET", "GET", "POST", "HEAD"]);
    let version = tape.pick(&["1.1", "1.1", "1.1", "1.1", "1.0"]);
    let fields = tape.pick(&[
        "Connection: upgrade\r\nUpgrade: echo\r\n",
        "Connection: upgrade\r\nUpgrade: echo\r\n",
        "Connection: x, Upgrade\r\nUpgrade: h2c, ECHO\r\n",
        "Upgrade: echo\r\n",
        "Connection: upgrade\r\nUpgrade: h2c\r\n",
    ]);
    let head = format!("{line} /switch/{path}/{number} HTTP/{version}\r\nHost: h\r\n{fields}\r\n");
    script.extend(head.bytes());
    let len = tape.pick(&[0, 1, 50, 4000, 20_000]);
    // A request is nothing but bytes there.
    script.extend(
        b"GET /bytes/3 HTTP/1.1\r\nHost: h\r\n\r\n"
            .iter()
            .cycle()
            .take(len),
    );
    (script, tape.pick(&[End::Fin, End::Fin, End::Stay]))
}

impl<'a> Run<'a> {
    /// A run of clients that each ask to be switched.
    pub fn switching(mut tape: Tape, poller: &'a Poller) -> Run<'a> {
        let faults = Faults::draw(&mut tape);
        let count = 1 + tape.below(3) as u16;
        let mut clients = Vec::new();
        for port in 1..=count {
            let mut client = Client::draw(port, &mut tape, &faults);
            let (script, end) = script(&mut tape);
            client.speak(&script, end, &mut tape, &faults);
            clients.push(client);
        }
        Run::of(clients, faults, tape, poller)
    }
}

/// Fuzz target: what is switched gets each byte behind the head, once and in order, and its peer
/// what it sends, whichever side ends first; the input is the tape.
pub fn upgrade(input: &[u8]) {
    thread_local! {
        static POLLER: Poller = Poller::new();
    }
    POLLER.with(|poller| {
        let run = || Run::switching(Tape::new(input.to_vec()), poller);
        run().go();
        run().layered().go();
        run().slow().go();
        run().few_each().go();
    });
}

#[cfg(test)]
mod tests;
