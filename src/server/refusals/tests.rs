//! Tests of `server::refusals`.

use super::*;

#[test]
fn the_first_is_told_at_once_and_the_others_together_a_second_later() {
    let peer = |port: u16| Some(SocketAddr::from(([10, 0, 0, 1], port)));
    let (start, mut refusals) = (Instant::now(), Refusals::default());
    assert_eq!((refusals.next(), refusals.take(start)), (None, None));
    refusals.add(peer(1));
    assert_eq!(refusals.take(start), Some((1, peer(1))));
    assert_eq!((refusals.next(), refusals.take(start)), (None, None));
    for port in 2..=9 {
        refusals.add(peer(port));
    }
    let due = start + TELL_AGAIN_TIME;
    assert_eq!(refusals.take(due - Duration::from_millis(1)), None);
    assert_eq!(refusals.next(), Some(due));
    assert_eq!(refusals.take(due), Some((8, peer(9))));
    assert_eq!(refusals.next(), None);
}
