//! Tests of `server::shed`.

use std::net::IpAddr;

use super::*;

#[test]
fn only_what_moves_nothing_is_spared_and_each_in_its_time() {
    let idle = Some((Spare::Idle, Duration::ZERO));
    let fresh = Some((Spare::Idle, SHED_FRESH_TIME));
    let head = Some((Spare::Head, SHED_HEAD_TIME));
    let discards = Some((Spare::Discards, SHED_FRESH_TIME));
    let stalls = Some((Spare::Stalls, SHED_STALL_TIME));
    for (what, wait, is_answered, has_input, want) in [
        ("idle", Wait::Request, false, false, idle),
        ("just come", Wait::Head, false, false, fresh),
        ("half a head", Wait::Head, false, true, head),
        ("half a second head", Wait::Request, false, true, head),
        (
            "half a head behind an answer",
            Wait::Reader,
            false,
            true,
            stalls,
        ),
        (
            "an unwanted body, answered",
            Wait::Discard,
            true,
            false,
            discards,
        ),
        (
            "the same, not yet answered",
            Wait::Discard,
            false,
            false,
            None,
        ),
        ("lingering", Wait::End, true, false, discards),
        ("a body that is read", Wait::Body, false, false, None),
        ("the same, answered already", Wait::Body, true, false, None),
        (
            "an answer that is not known yet",
            Wait::Answer,
            false,
            false,
            None,
        ),
        (
            "a response that is not read",
            Wait::Reader,
            true,
            false,
            stalls,
        ),
        ("a source that is silent", Wait::Answer, false, true, None),
    ] {
        assert_eq!(spare(wait, is_answered, has_input), want, "{what}");
    }
}

/// `(address, why it may go, for how many seconds)` each; the plan as places in that list.
fn planned(rows: &[(&str, Option<Spare>, u64)], most: usize) -> Vec<Key> {
    let now = Instant::now() + Duration::from_secs(1000);
    let candidates: Vec<Candidate> = rows
        .iter()
        .enumerate()
        .map(|(key, &(peer, spare, age))| Candidate {
            key,
            peer: PeerKey::of(peer.parse().ok().map(|ip: IpAddr| (ip, 0).into())),
            spare: spare.map(|spare| (spare, now - Duration::from_secs(age))),
        })
        .collect();
    plan(candidates, most)
}

#[test]
fn the_address_with_most_connections_loses_first() {
    use Spare::{Discards, Head, Idle, Stalls};
    let crowd = [
        ("10.0.0.1", Some(Idle), 9),
        ("10.0.0.2", Some(Head), 3),
        ("10.0.0.2", Some(Head), 4),
        ("10.0.0.2", None, 0),
        ("10.0.0.1", None, 0),
    ];
    // The other one has as many, then; and an idle connection loses less.
    assert_eq!(planned(&crowd, 9), [2, 0, 1]);
    assert_eq!(planned(&crowd, 1), [2]);
    assert_eq!(planned(&[], 9), [0; 0]);
    assert_eq!(planned(&[("10.0.0.1", None, 9)], 9), [0; 0]);
    // Of one address, what loses least, then what has waited longest.
    let one = [
        ("::ffff:10.0.0.1", Some(Stalls), 40),
        ("10.0.0.1", Some(Head), 3),
        ("10.0.0.1", Some(Discards), 2),
        ("10.0.0.1", Some(Idle), 1),
        ("10.0.0.1", Some(Idle), 5),
    ];
    assert_eq!(planned(&one, 9), [4, 3, 2, 1, 0]);
    // Who has a network of IPv6 has all its addresses; who has none (a Unix socket) is one.
    let networks = [
        ("2001:db8::1", Some(Idle), 9),
        ("2001:db8:0:1::1", Some(Head), 3),
        ("2001:db8:0:1::2", None, 3),
        ("unix", Some(Stalls), 40),
        ("unix", None, 0),
        ("unix", None, 0),
    ];
    assert_eq!(planned(&networks, 9), [3, 1, 0]);
}

#[test]
fn one_among_many_is_left_in_peace() {
    let mut rows = vec![("10.0.0.2", Some(Spare::Head), 3); 64];
    rows.push(("10.0.0.1", Some(Spare::Idle), 500));
    let plan = planned(&rows, 63);
    assert_eq!(plan.len(), 63);
    assert!(!plan.contains(&64));
}
