//! Tests of `cgi::spool`.

use std::io::Read;

use super::*;
use crate::cgi::space::Space;
use crate::http::peer::PeerKey;

const PEER: PeerKey = PeerKey::Nameless;
const MEMORY: usize = SPOOL_MEMORY_BYTES_MAX;

#[test]
fn a_body_comes_back_whole_from_memory_and_from_a_file() {
    for (size, in_file) in [
        (0, false),
        (1, false),
        (MEMORY, false),
        (MEMORY + 1, true),
        (2 * MEMORY, true),
        (3 * MEMORY + 7, true),
    ] {
        for piece in [1, 10_000, MEMORY, 3 * MEMORY] {
            let space = Space::new(size as u64, 0);
            let body: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            let mut spool = Spool::new(space.share(PEER), 1 << 20);
            for chunk in body.chunks(piece) {
                spool.put(chunk).unwrap();
                assert!(spool.memory.capacity() <= MEMORY);
            }
            let (bytes, spooled) = spool.finish(None).unwrap();
            assert_eq!(bytes, size as u64);
            assert_eq!(matches!(spooled, Spooled::File(..)), in_file, "{size}");
            assert_eq!(space.is_free(), !in_file);
            let mut back = Vec::new();
            match spooled {
                Spooled::Memory(memory) => back = memory,
                Spooled::File(mut file, _share) => {
                    file.read_to_end(&mut back).unwrap();
                }
            }
            assert!(back == body);
            assert!(space.is_free());
        }
    }
}

#[test]
fn a_body_past_the_limit_is_refused_at_its_first_byte_past_it() {
    let mut spool = Spool::new(Space::new(0, 0).share(PEER), 10);
    spool.put(b"0123456789").unwrap();
    assert!(matches!(spool.put(b"x"), Err(SpoolFault::TooLarge)));
}

#[test]
fn bodies_in_files_share_their_space_and_those_in_memory_need_none() {
    let space = Space::new(3 * MEMORY as u64, 0);
    let whole = |size: usize| {
        let mut spool = Spool::new(space.share(PEER), u64::MAX);
        spool.put(&vec![b'x'; size])?;
        spool.finish(None)
    };
    let full = |got| matches!(got, Err(SpoolFault::Space(NoSpace::ForAll)));
    let first = whole(2 * MEMORY).unwrap();
    assert!(full(whole(2 * MEMORY)));
    assert!(full(whole(MEMORY + 1)), "of the last byte, too");
    let small = whole(MEMORY).unwrap();
    drop(first);
    let _second = whole(3 * MEMORY).unwrap();
    drop(small);
    assert!(full(whole(MEMORY + 1)));
}
