//! Readers that are slow, and are cut below a rate; and what is no fault of theirs.

use super::*;
use crate::BodySource;

/// A socket whose peer takes bytes at a pace of its own.
#[derive(Clone, Default)]
struct Sipped(Rc<RefCell<Buffer>>);

#[derive(Default)]
struct Buffer {
    requests: VecDeque<Vec<u8>>,
    /// Bytes that the peer has still to take.
    held: usize,
    is_blocked: bool,
    /// How often it was asked for them.
    looks: usize,
}

/// What a socket's buffer holds, in bytes.
const BUFFER_BYTES: usize = 1_000_000;

impl Sipped {
    fn asking(requests: &[&str]) -> Sipped {
        let sipped = Sipped::default();
        let lines = requests.iter();
        let heads = lines.map(|line| format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n").into());
        sipped.0.borrow_mut().requests.extend(heads);
        sipped
    }

    /// Its peer takes up to so many; returns whether there is room, which is told late.
    fn take(&self, bytes: usize) -> bool {
        let mut buffer = self.0.borrow_mut();
        buffer.held = buffer.held.saturating_sub(bytes);
        3 * buffer.held <= 2 * BUFFER_BYTES && std::mem::take(&mut buffer.is_blocked)
    }
}

impl Transport for Sipped {
    fn read(&mut self, buf: &mut Vec<u8>, _: usize) -> io::Result<usize> {
        let request = self.0.borrow_mut().requests.pop_front();
        let request = request.ok_or(io::ErrorKind::WouldBlock)?;
        buf.extend_from_slice(&request);
        Ok(request.len())
    }

    fn write(&mut self, bytes: &[u8], _: bool) -> io::Result<usize> {
        let mut buffer = self.0.borrow_mut();
        let taken = bytes.len().min(BUFFER_BYTES - buffer.held);
        buffer.held += taken;
        buffer.is_blocked |= taken == 0;
        match taken {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            taken => Ok(taken),
        }
    }

    fn close_write(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn under_way(&self) -> Option<u32> {
        let mut buffer = self.0.borrow_mut();
        buffer.looks += 1;
        Some(buffer.held as u32)
    }

    fn is_bare(&self) -> bool {
        true
    }
}

/// Has so many bytes each so many seconds.
struct Bursts {
    bytes: usize,
    every: Duration,
    next: Option<Instant>,
    left: usize,
}

impl BodySource for Bursts {
    fn pull(&mut self, out: &mut Sink<'_>, cx: &mut Cx<'_>) -> io::Result<Pull> {
        if self.next.is_none_or(|next| next <= cx.now()) {
            self.next = Some(cx.now() + self.every);
            self.left = self.bytes;
        }
        let piece = self.left.min(16_000).min(out.room());
        if piece > 0 {
            out.put(&vec![b'x'; piece]);
            self.left -= piece;
            return Ok(Pull::More);
        }
        cx.set_deadline(self.next);
        Ok(Pull::Pending)
    }
}

/// Answers as the path says, and keeps the lines of its log.
#[derive(Default)]
struct PacedSite(Vec<String>);

impl Handler for PacedSite {
    fn handle(&mut self, req: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        let ok = Response::new(Status::OK);
        let bursts = |bytes, seconds| Bursts {
            bytes,
            every: Duration::from_secs(seconds),
            next: None,
            left: 0,
        };
        match req.path() {
            "/large" => ok.bytes(vec![b'x'; 8 * BUFFER_BYTES]).into(),
            "/fits" => ok.bytes(vec![b'x'; BUFFER_BYTES / 2]).into(),
            "/endless" => ok.source(bursts(usize::MAX, 1_000)).into(),
            "/often" => ok.source(bursts(BUFFER_BYTES / 4, 5)).into(),
            _ => ok.source(bursts(BUFFER_BYTES, 90)).into(),
        }
    }

    fn log(&mut self, entry: Log<'_>) {
        if let Log::Error { message, .. } = entry {
            self.0.push(message.into());
        }
    }
}

/// The second at which a peer is gone that asks for this and takes so many bytes each so many
/// seconds, and the lines of the log.
fn gone_at(path: &str, each: u64, bytes: usize, least: u64) -> (Option<u64>, Vec<String>) {
    const SECONDS: u64 = 250;
    let poller = Poller::new();
    let mut now = Clock::new().read();
    let limits = Limits {
        response_rate_min: least,
        ..Limits::default()
    };
    let mut engine = Engine::new(limits, Version::Http11, now.mono);
    let mut site = PacedSite::default();
    let sipped = Sipped::asking(&[&format!("GET {path}")]);
    let key = engine.insert(sipped.clone(), (None, None), now.mono);
    engine.announce(key, READABLE);
    let gone = (0..SECONDS).find(|&second| {
        if second % each == each - 1 && sipped.take(bytes) {
            engine.announce(key, WRITABLE);
        }
        for turn in 0.. {
            assert!(turn < 1_000, "a turn leads to the next without an end");
            engine.run(&mut poller.host(&mut site, &now));
            if !engine.is_ready() {
                break;
            }
        }
        now.mono += Duration::from_secs(1);
        engine.len() == 0
    });
    (gone, site.0)
}

#[test]
fn a_reader_below_its_rate_is_cut_and_one_that_pauses_and_keeps_it_is_not() {
    for (path, each, bytes, least, want) in [
        // As many bytes each so many seconds, and the second in which it is over.
        ("/large", 1, 10_000, 10_000, None),
        ("/large", 1, 9_600, 10_000, Some(31)),
        ("/large", 1, 0, 10_000, Some(31)),
        ("/large", 1, 100, 0, None),
        // It pauses for 29 seconds, and makes up for that or not.
        ("/large", 30, 310_000, 10_000, None),
        ("/large", 30, 280_000, 10_000, Some(31)),
        ("/endless", 1, 10_000, 10_000, None),
        ("/endless", 1, 9_600, 10_000, Some(31)),
        // Whose source has nothing for it waits for nobody but that.
        ("/seldom", 1, BUFFER_BYTES, 10_000, None),
        ("/seldom", 1, 20_000, 10_000, None),
        // It is too slow for all that, though its source is what is waited for now and then: each
        // time when a third of the buffer is free, after 24 seconds.
        ("/often", 1, 14_000, 20_000, Some(51)),
        ("/often", 1, 21_000, 20_000, None),
    ] {
        let (gone, lines) = gone_at(path, each, bytes, least);
        let case = format!("{path} {bytes} bytes each {each} s: {gone:?} {lines:?}");
        let is_near = |gone: u64| want.is_some_and(|want| (want..want + 20).contains(&gone));
        assert!(gone.map_or(want.is_none(), is_near), "{case}");
        let line = format!("response cut: its peer took less than {least} bytes a second");
        assert_eq!(lines, Vec::from_iter(want.map(|_| line)), "{case}");
    }
}

#[test]
fn who_has_the_rest_of_its_response_in_the_systems_buffer_must_take_that_as_well() {
    let idle = Limits::default().idle_time.as_secs();
    // (bytes a second, the rate, when it is gone: idle connections are)
    for (bytes, least, want) in [
        (BUFFER_BYTES, 10_000, Some(idle)),
        // It takes 43 seconds, and has its idle time from when it was last seen to take some.
        (10_000, 10_000, Some(43)),
        (1_000, 10_000, Some(idle + 31)),
        (0, 10_000, Some(idle + 31)),
        (1_000, 0, None),
    ] {
        let (gone, lines) = gone_at("/fits", 1, bytes, least);
        let is_near = |gone: u64| want.is_some_and(|want| (want..want + 20).contains(&gone));
        let case = format!("{bytes} bytes a second, {least} at least: {gone:?}");
        assert!(gone.map_or(want.is_none(), is_near), "{case}");
        assert!(lines.is_empty(), "it was answered: {lines:?}");
    }
}

#[test]
fn the_system_is_not_asked_about_a_peer_that_takes_what_it_gets() {
    let poller = Poller::new();
    let now = Clock::new().read();
    let limits = Limits {
        response_rate_min: u64::MAX,
        ..Limits::default()
    };
    let mut engine = Engine::new(limits, Version::Http11, now.mono);
    let sipped = Sipped::asking(&["GET /large"; 20]);
    let key = engine.insert(sipped.clone(), (None, None), now.mono);
    engine.announce(key, READABLE);
    let mut site = PacedSite::default();
    for _ in 0..1_000 {
        engine.run(&mut poller.host(&mut site, &now));
        engine.announce(key, READABLE);
        if sipped.take(BUFFER_BYTES) {
            engine.announce(key, WRITABLE);
        }
    }
    let buffer = sipped.0.borrow();
    assert_eq!((buffer.requests.len(), buffer.looks), (0, 0));
    assert_eq!(engine.len(), 1);
}
