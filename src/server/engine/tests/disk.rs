//! Files whose bytes are not in memory yet.

use std::os::fd::BorrowedFd;

use super::*;
use crate::http::limits::DISK_TIME;

/// A transport whose files lie on a slow disk: so often their bytes are not there when they are
/// asked for.
#[derive(Clone, Default)]
struct SlowDisk {
    requests: Pieces,
    absent: Rc<RefCell<usize>>,
    asked: Rc<RefCell<usize>>,
}

impl Transport for SlowDisk {
    fn read(&mut self, buf: &mut Vec<u8>, len: usize) -> io::Result<usize> {
        self.requests.read(buf, len)
    }

    fn write(&mut self, bytes: &[u8], more: bool) -> io::Result<usize> {
        self.requests.write(bytes, more)
    }

    fn send_file(&mut self, _: BorrowedFd<'_>, _: u64, len: usize) -> io::Result<usize> {
        *self.asked.borrow_mut() += 1;
        let mut absent = self.absent.borrow_mut();
        if *absent > 0 {
            *absent -= 1;
            return Err(io::ErrorKind::ResourceBusy.into());
        }
        self.requests.write(&vec![b'x'; len], false)
    }

    fn close_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Answers with a file.
struct Disk(crate::SharedFile, u64);

impl Handler for Disk {
    fn handle(&mut self, _: &Request<'_>, _: &mut Cx<'_>) -> Reply {
        let (file, range) = (self.0.clone(), 0..self.1);
        Response::new(Status::OK)
            .body(Body::File { file, range })
            .into()
    }
}

#[test]
fn a_file_that_is_not_in_memory_yet_is_asked_for_again_after_its_time_and_not_before() {
    const ABSENT: usize = 5;
    const LEN: usize = 100_000;
    let poll = mio::Poll::new().unwrap();
    let waker = mio::Waker::new(poll.registry(), mio::Token(0)).unwrap();
    let handle = Handle::new(waker);
    let mut clock = Clock::new();
    let mut now = clock.read();
    let mut engine = Engine::new(Limits::default(), Version::Http11, now.mono);
    let file = tempfile::tempfile().unwrap();
    file.set_len(LEN as u64).unwrap();
    let mut handler = Disk(file.into(), LEN as u64);
    let disk = SlowDisk::default();
    disk.absent.replace(ABSENT);
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    disk.requests.0.borrow_mut().push_back(request.to_vec());
    let key = engine.insert(disk.clone(), (None, None), now.mono);
    engine.announce(key, READABLE);
    for round in 1..=ABSENT {
        let mut host = Host {
            handler: &mut handler,
            now: &now,
            registry: poll.registry(),
            handle: &handle,
        };
        engine.run(&mut host);
        assert_eq!(*disk.asked.borrow(), round);
        // Others have their turns meanwhile, and the poller its rest.
        assert!(!engine.is_ready());
        let next = engine.next_deadline().unwrap();
        assert!(next > now.mono && next <= now.mono + 2 * DISK_TIME);
        now = clock.at(next, now.wall);
    }
    let mut host = Host {
        handler: &mut handler,
        now: &now,
        registry: poll.registry(),
        handle: &handle,
    };
    engine.run(&mut host);
    let sent = disk.requests.1.borrow();
    assert!(sent.ends_with(&vec![b'x'; LEN]));
    let next = engine.next_deadline().unwrap();
    assert!(next > now.mono + 2 * DISK_TIME, "it waits for a request");
}
