//! Who waits, who takes, and who is told.

use super::*;
use std::sync::Arc;
use std::thread;

const NOW: Option<Duration> = Some(Duration::ZERO);

fn lobby(len_max: usize) -> Lobby<i32> {
    Lobby::new(len_max, |item| *item < 0)
}

#[test]
fn it_is_in_order_and_bounded() {
    let lobby = lobby(2);
    assert_eq!(lobby.take(NOW), Taken::Nothing);
    assert_eq!(lobby.put(1), Ok(()));
    assert_eq!(lobby.put(2), Ok(()));
    assert_eq!(lobby.put(3), Err(3));
    assert_eq!(lobby.take(None), Taken::Item(1));
    assert_eq!(lobby.put(4), Ok(()));
    assert_eq!(lobby.take(None), Taken::Item(2));
    assert_eq!(lobby.take(None), Taken::Item(4));
}

#[test]
fn what_is_void_is_left_out_and_takes_no_place() {
    let lobby = lobby(3);
    for item in [-1, 1, -2] {
        lobby.put(item).unwrap();
    }
    assert_eq!(lobby.put(2), Ok(()), "there is room after all");
    assert_eq!(lobby.take(NOW), Taken::Item(1));
    assert_eq!(lobby.take(NOW), Taken::Item(2));
    lobby.put(-3).unwrap();
    assert_eq!(lobby.take(NOW), Taken::Nothing);
}

#[test]
fn an_unblock_is_for_one_call_and_waits_for_it() {
    let lobby = lobby(2);
    lobby.put(1).unwrap();
    lobby.unblock();
    assert_eq!(lobby.take(None), Taken::Unblocked);
    assert_eq!(lobby.take(None), Taken::Item(1));
    // Not for one that does not wait.
    lobby.unblock();
    assert_eq!(lobby.take(NOW), Taken::Nothing);
    assert_eq!(lobby.take(None), Taken::Unblocked);
    assert_eq!(lobby.take(NOW), Taken::Nothing);
}

#[test]
fn what_is_closed_gives_what_it_has() {
    let lobby = lobby(2);
    lobby.put(1).unwrap();
    lobby.close();
    assert_eq!(lobby.put(2), Err(2));
    assert_eq!(lobby.take(None), Taken::Item(1));
    assert_eq!(lobby.take(None), Taken::Closed);
    assert!(lobby.empty().is_empty());
}

#[test]
fn who_waits_is_woken() {
    let lobby = Arc::new(lobby(2));
    let takers: Vec<_> = (0..3)
        .map(|_| {
            let lobby = Arc::clone(&lobby);
            thread::spawn(move || lobby.take(None))
        })
        .collect();
    lobby.put(7).unwrap();
    lobby.unblock();
    // For the one that is left, whichever it is, once the others have what is theirs.
    while !lobby.lock().items.is_empty() || lobby.lock().unblocks > 0 {
        thread::yield_now();
    }
    lobby.close();
    let mut taken: Vec<_> = takers
        .into_iter()
        .map(|taker| format!("{:?}", taker.join().unwrap()))
        .collect();
    taken.sort();
    assert_eq!(taken, ["Closed", "Item(7)", "Unblocked"]);
}
