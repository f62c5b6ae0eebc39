//! What is read ahead is given to whom it is of, once, and never grows past its bound.

use super::*;

fn read(ahead: &mut Ahead, key: Key, bytes: &[u8]) {
    ahead.room().unwrap().extend_from_slice(bytes);
    ahead.add(key, Ok(bytes.len()));
}

fn taken(ahead: &mut Ahead, key: Key) -> Option<Vec<u8>> {
    ahead.take(key).map(|read| read.unwrap().to_vec())
}

#[test]
fn each_gets_its_own_in_the_order_of_the_queue() {
    let mut ahead = Ahead::default();
    read(&mut ahead, 7, b"seven");
    ahead.add(3, Err(io::ErrorKind::ConnectionReset.into()));
    read(&mut ahead, 5, b"five");
    read(&mut ahead, 4, b"four");
    assert_eq!(taken(&mut ahead, 9), None);
    assert_eq!(taken(&mut ahead, 7).unwrap(), b"seven");
    assert_eq!(taken(&mut ahead, 7), None);
    let error = ahead.take(3).unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    // One that is gone is in nobody's way.
    ahead.forget(5);
    assert_eq!(ahead.next(), Some(4));
    assert_eq!(taken(&mut ahead, 4).unwrap(), b"four");
    assert_eq!((ahead.next(), taken(&mut ahead, 4)), (None, None));
    // What was taken is dropped with the next.
    read(&mut ahead, 1, b"one");
    assert_eq!(ahead.bytes, b"one");
}

#[test]
fn there_is_room_as_long_as_a_whole_read_fits() {
    let mut ahead = Ahead::default();
    let mut reads = 0;
    while let Some(room) = ahead.room() {
        room.resize(room.len() + READ_AHEAD_BYTES, b'a');
        ahead.add(reads, Ok(READ_AHEAD_BYTES));
        reads += 1;
    }
    assert_eq!(reads * READ_AHEAD_BYTES, AHEAD_BYTES);
    assert_eq!(ahead.bytes.capacity(), AHEAD_BYTES);
    // Short ones are more: with what is left no long one fits.
    let mut ahead = Ahead::default();
    for key in 0.. {
        let Some(room) = ahead.room() else {
            break;
        };
        room.extend_from_slice(b"GET / HTTP/1.1\r\n\r\n");
        ahead.add(key, Ok(18));
    }
    assert!(ahead.bytes.len() > AHEAD_BYTES - READ_AHEAD_BYTES);
    assert_eq!(ahead.bytes.capacity(), AHEAD_BYTES);
}
