//! The joint table, and who may still say what.

use super::super::chunked::Chunked;
use super::*;

fn with_body(left: u64) -> Dialog {
    let mut dialog = Dialog::default();
    dialog.head_received(Some(Decoder::Length(left)), true, false);
    dialog
}

#[test]
fn a_request_without_body_makes_a_cycle() {
    let mut dialog = Dialog::default();
    assert_eq!(dialog.join(false), Joint::Stay);
    dialog.head_received(None, true, false);
    dialog.answer_begun(true, false);
    assert_eq!(dialog.join(false), Joint::Stay);
    dialog.answer_ended();
    assert_eq!(dialog.join(false), Joint::NextCycle);
    dialog.next_cycle(false);
    assert!(dialog.is_between());
}

#[test]
fn either_side_can_end_the_connection() {
    for (peer, server) in [(false, true), (true, false), (false, false)] {
        let mut dialog = Dialog::default();
        dialog.head_received(None, peer, false);
        dialog.answer_begun(server, false);
        dialog.answer_ended();
        assert_eq!(dialog.join(false), Joint::Close);
    }
}

#[test]
fn a_small_unwanted_body_is_discarded_and_the_connection_lives_on() {
    let mut dialog = with_body(DISCARD_BYTES_MAX);
    dialog.answer_begun(true, false);
    assert_eq!(dialog.join(false), Joint::Stay);
    assert!(matches!(dialog.reading, Reading::Discard(..)));
    dialog.answer_ended();
    dialog.body_received();
    assert_eq!(dialog.join(false), Joint::NextCycle);
}

#[test]
fn a_body_discarded_until_the_answer_closes_ends_in_a_linger() {
    let mut dialog = with_body(3);
    dialog.answer_begun(false, false);
    dialog.join(false);
    dialog.answer_ended();
    assert_eq!(dialog.join(false), Joint::Linger);
}

#[test]
fn there_is_a_decoder_while_a_body_is_read_or_discarded() {
    let mut dialog = with_body(3);
    assert_eq!(dialog.decoder(), Some(&mut Decoder::Length(3)));
    dialog.answer_begun(true, false);
    dialog.join(false);
    assert_eq!(dialog.decoder(), Some(&mut Decoder::Length(3)));
    dialog.body_received();
    assert_eq!(dialog.decoder(), None);
}

#[test]
fn what_the_peer_says_of_its_last_request_is_remembered() {
    let mut dialog = Dialog::default();
    dialog.head_received(None, true, false);
    assert!(!dialog.peer_closes());
    dialog.answer_begun(false, false);
    assert!(!dialog.keep_alive() && !dialog.peer_closes(), "we close");
    let mut dialog = Dialog::default();
    dialog.head_received(None, false, false);
    assert!(dialog.peer_closes());
    // Bytes that are discarded only count while they are.
    dialog.discarded(1, false);
    assert_eq!(dialog.reading, Reading::Done);
}

#[test]
fn a_large_unwanted_body_ends_in_a_linger() {
    let mut dialog = with_body(DISCARD_BYTES_MAX + 1);
    dialog.answer_begun(true, false);
    dialog.join(false);
    dialog.answer_ended();
    assert_eq!(dialog.join(false), Joint::Linger);
}

#[test]
fn a_body_of_unknown_length_is_discarded_up_to_the_bound() {
    let mut dialog = with_body(0);
    let unknown = Decoder::Chunked(Chunked::default());
    dialog.reading = Reading::Discard(unknown, DISCARD_BYTES_MAX);
    dialog.discarded(DISCARD_BYTES_MAX as usize, false);
    assert!(matches!(dialog.reading, Reading::Discard(..)));
    dialog.discarded(1, false);
    assert_eq!(dialog.reading, Reading::Refused);
}

#[test]
fn a_chunk_that_announces_too_much_ends_the_reading_at_once() {
    let most = DISCARD_BYTES_MAX;
    for (size, is_read_on) in [(most - 10, true), (most, false), (u64::MAX, false)] {
        let mut dialog = with_body(0);
        let unknown = Decoder::Chunked(Chunked::default());
        dialog.reading = Reading::Discard(unknown, most);
        let line = format!("{size:x}\r\n");
        dialog.decoder().unwrap().next(line.as_bytes()).unwrap();
        dialog.discarded(line.len(), false);
        let reading = matches!(dialog.reading, Reading::Discard(..));
        assert_eq!(reading, is_read_on, "{size}");
        // The same if it was read for somebody who has lost interest.
        let mut decoder = Decoder::Chunked(Chunked::default());
        decoder.next(line.as_bytes()).unwrap();
        let mut dialog = at(Reading::Body(decoder), Writing::Idle);
        dialog.answer_begun(true, false);
        let reading = matches!(dialog.reading, Reading::Discard(..));
        assert_eq!(reading, size <= most, "{size}");
    }
}

#[test]
fn an_exchange_reads_on_while_it_answers() {
    let mut dialog = with_body(1 << 40);
    dialog.answer_begun(true, true);
    assert_eq!(dialog.join(true), Joint::Stay);
    assert!(matches!(dialog.reading, Reading::Body(_)));
}

#[test]
fn fin_after_a_request_still_gets_the_answer() {
    let mut dialog = with_body(3);
    dialog.answer_begun(true, false);
    dialog.join(false);
    assert!(!dialog.input_ended());
    assert_eq!(dialog.join(false), Joint::Stay);
    dialog.answer_ended();
    assert_eq!(dialog.join(false), Joint::Close);
}

#[test]
fn fin_between_requests_closes_and_fin_inside_a_body_is_told() {
    let mut dialog = Dialog::default();
    assert!(!dialog.input_ended());
    assert_eq!(dialog.join(false), Joint::Close);
    assert!(with_body(3).input_ended());
}

#[test]
fn a_fault_is_answered_and_lingers() {
    let mut dialog = Dialog::default();
    dialog.refuse();
    assert_eq!(dialog.join(false), Joint::Stay);
    dialog.answer_begun(true, false);
    dialog.answer_ended();
    assert_eq!(dialog.join(false), Joint::Linger);
}

/// A dialog in this state.
fn at(reading: Reading, writing: Writing) -> Dialog {
    Dialog {
        switched: reading == Reading::Switched,
        reading,
        writing,
        ..Dialog::default()
    }
}

fn body() -> Reading {
    Reading::Body(Decoder::Length(9))
}

fn discard() -> Reading {
    Reading::Discard(Decoder::Length(9), 9)
}

fn clone(reading: &Reading) -> Reading {
    match reading {
        Reading::ProxyHeader => Reading::ProxyHeader,
        Reading::Idle => Reading::Idle,
        Reading::Head => Reading::Head,
        Reading::Body(decoder) => Reading::Body(decoder.clone()),
        Reading::Discard(decoder, left) => Reading::Discard(decoder.clone(), *left),
        Reading::Done => Reading::Done,
        Reading::Switched => Reading::Switched,
        Reading::Ended => Reading::Ended,
        Reading::Refused => Reading::Refused,
    }
}

type State = (Reading, Writing, Phase, Takes, Wait);

/// Every joint state, and what is true of it.
#[rustfmt::skip]
fn joint_states() -> Vec<State> {
    use Writing::{Body, Done, Idle};
    use Takes::Nothing;
    use Wait::Answer;
    vec![
        (Reading::Idle, Idle, Phase::Idle, Takes::Head, Wait::Request),
        (Reading::Head, Idle, Phase::Head, Takes::Head, Wait::Head),
        (Reading::ProxyHeader, Idle, Phase::Head, Takes::ProxyHeader, Wait::Head),
        (body(), Idle, Phase::Body, Takes::Body, Wait::Body),
        (body(), Body, Phase::Respond, Takes::Body, Wait::Body),
        (body(), Done, Phase::Flush, Takes::Body, Wait::Body),
        (discard(), Idle, Phase::Route, Takes::Discard, Wait::Discard),
        (discard(), Body, Phase::Respond, Takes::Discard, Wait::Discard),
        (discard(), Done, Phase::Flush, Takes::Discard, Wait::Discard),
        (Reading::Done, Idle, Phase::Route, Nothing, Answer),
        (Reading::Done, Body, Phase::Respond, Nothing, Answer),
        (Reading::Done, Done, Phase::Flush, Nothing, Answer),
        (Reading::Switched, Body, Phase::Respond, Takes::Switched, Wait::Switched),
        (Reading::Switched, Done, Phase::Flush, Takes::Switched, Wait::Switched),
        (Reading::Ended, Idle, Phase::Route, Nothing, Answer),
        (Reading::Ended, Body, Phase::Respond, Nothing, Answer),
        (Reading::Ended, Done, Phase::Flush, Nothing, Answer),
        (Reading::Refused, Idle, Phase::Route, Nothing, Answer),
        (Reading::Refused, Body, Phase::Respond, Nothing, Answer),
        (Reading::Refused, Done, Phase::Flush, Nothing, Answer),
    ]
}

#[test]
fn every_joint_state_has_its_phase_its_input_and_its_wait() {
    for (reading, writing, phase, takes, wait) in joint_states() {
        let mut dialog = at(reading, writing);
        let state = format!("{dialog:?}");
        assert_eq!(dialog.phase(), phase, "{state}");
        assert_eq!(dialog.takes(), takes, "{state}");
        assert_eq!(dialog.wait(false), wait, "{state}");
        assert_eq!(dialog.wait(true), Wait::Reader, "{state}");
        dialog.body_blocked();
        let blocked = match takes {
            Takes::Body | Takes::Switched => Wait::Answer,
            _ => wait,
        };
        assert_eq!(dialog.wait(false), blocked, "{state}, blocked");
        dialog.body_unblocked();
        if takes != Takes::Switched {
            dialog.continue_due = true;
            assert_eq!(dialog.wait(false), blocked, "{state}, not asked for");
        }
        dialog.linger();
        assert_eq!(dialog.phase(), Phase::Linger, "{state}");
        assert_eq!(dialog.takes(), Takes::Anything, "{state}");
        assert_eq!(dialog.wait(true), Wait::End, "{state}");
        dialog.close();
        assert_eq!(dialog.phase(), Phase::Gone, "{state}");
        assert_eq!(dialog.takes(), Takes::Nothing, "{state}");
    }
}

#[test]
fn input_is_wanted_where_it_is_of_use() {
    for (reading, blocked, sent, unsent) in [
        (Reading::Idle, false, true, false),
        (Reading::Head, false, true, false),
        (body(), false, true, true),
        (body(), true, false, false),
        (Reading::Switched, false, true, true),
        (Reading::Switched, true, false, false),
        (discard(), false, true, true),
        (Reading::Done, false, false, false),
        (Reading::ProxyHeader, false, true, true),
        (Reading::Ended, false, false, false),
        (Reading::Refused, false, false, false),
    ] {
        let mut dialog = at(reading, Writing::Idle);
        dialog.body_blocked = blocked;
        let want = (sent, unsent);
        assert_eq!((dialog.wants_input(true), dialog.wants_input(false)), want);
        dialog.linger();
        assert!(dialog.wants_input(true));
    }
}

/// Whether somebody answers, when the response is not known or its source is silent.
#[test]
fn every_joint_state_has_a_timer_moves_on_or_is_its_exchanges() {
    for (reading, writing, _, _, wait) in joint_states() {
        for exchange in [true, false] {
            let (is_refused, is_done) = (reading == Reading::Refused, reading == Reading::Done);
            let mut dialog = at(clone(&reading), writing);
            let state = format!("{dialog:?} {exchange}");
            let joint = dialog.join(exchange);
            // Nobody reads what an exchange does not.
            let wait = match wait {
                Wait::Body if !exchange && writing != Writing::Idle => Wait::Discard,
                wait => wait,
            };
            assert_eq!(dialog.wait(false), wait, "{state}");
            // A body's source answers without an exchange, and a response that is known.
            let is_answered_for = exchange || writing == Writing::Body;
            let is_right = joint != Joint::Stay || wait != Wait::Answer || is_answered_for;
            // Answered at once, in the same call: no connection ever rests so.
            let is_never = (is_refused || is_done) && writing == Writing::Idle;
            assert!(is_right || is_never, "{state}");
        }
    }
}

#[test]
fn what_comes_is_progress_for_a_body_and_the_first_byte_of_a_head() {
    for (reading, want, behind) in [
        (Reading::Idle, true, true),
        (Reading::ProxyHeader, false, false),
        (Reading::Head, false, false),
        (body(), true, false),
        (Reading::Switched, true, false),
        (discard(), false, false),
    ] {
        for (is_unsent, want) in [(false, want), (true, behind)] {
            let mut dialog = at(clone(&reading), Writing::Idle);
            let state = format!("{dialog:?} {is_unsent}");
            assert_eq!(dialog.input_came(is_unsent), want, "{state}");
            if reading == Reading::Idle {
                assert!(!dialog.input_came(is_unsent), "the second is none");
            }
            dialog.linger();
            assert!(dialog.input_came(is_unsent), "lingering, all is");
        }
    }
}

#[test]
fn what_a_proxy_says_comes_before_the_first_head_and_takes_of_its_time() {
    let mut dialog = Dialog::default();
    dialog.await_proxy_header();
    assert!(dialog.is_between());
    assert_eq!(dialog.takes(), Takes::ProxyHeader);
    assert!(!dialog.input_came(false));
    dialog.proxy_header_received();
    assert_eq!(dialog.takes(), Takes::Head);
    assert!(!dialog.input_came(false));
    let mut dialog = Dialog::default();
    dialog.await_proxy_header();
    assert!(!dialog.input_ended());
    assert_eq!(dialog.join(false), Joint::Close);
}

#[test]
fn an_answer_before_the_body_was_asked_for_refuses_it() {
    for (due, came, want) in [
        (true, false, Takes::Nothing),
        (true, true, Takes::Body),
        (false, false, Takes::Body),
    ] {
        let mut dialog = Dialog::default();
        dialog.head_received(Some(Decoder::Length(9)), true, due);
        assert_eq!(dialog.continue_is_due(), due);
        if came {
            dialog.body_came();
        }
        dialog.answer_known();
        assert_eq!(dialog.takes(), want, "{due} {came}");
        assert!(!dialog.continue_is_due());
    }
    let mut dialog = Dialog::default();
    dialog.head_received(Some(Decoder::Length(9)), true, true);
    dialog.continue_sent();
    dialog.answer_known();
    assert_eq!(dialog.takes(), Takes::Body, "it was asked for");
}

#[test]
fn a_redirected_request_has_no_body() {
    for (left, want) in [
        (DISCARD_BYTES_MAX, Takes::Discard),
        (DISCARD_BYTES_MAX + 1, Takes::Nothing),
    ] {
        let mut dialog = with_body(left);
        dialog.body_blocked();
        assert!(dialog.is_body_blocked());
        dialog.rerouted();
        assert_eq!(dialog.takes(), want);
        assert!(!dialog.is_body_blocked());
    }
}

#[test]
fn the_next_cycle_begins_with_a_head_if_bytes_are_here() {
    for (has_begun, want) in [(true, Phase::Head), (false, Phase::Idle)] {
        let mut dialog = at(Reading::Done, Writing::Done);
        dialog.next_cycle(has_begun);
        assert_eq!(dialog.phase(), want);
    }
}

#[test]
fn a_peer_that_has_ended_its_stream_gets_the_answer_that_an_exchange_makes() {
    for (exchange, want) in [(true, Joint::Stay), (false, Joint::Close)] {
        let mut dialog = at(Reading::Ended, Writing::Idle);
        assert_eq!(dialog.join(exchange), want, "{exchange}");
    }
}

/// A connection that has just been switched.
fn switched() -> Dialog {
    let mut dialog = Dialog::default();
    dialog.head_received(None, true, false);
    assert!(dialog.may_switch());
    dialog.answer_begun(true, true);
    dialog.switched();
    dialog
}

#[test]
fn a_switch_comes_after_the_request_and_once() {
    let mut dialog = with_body(3);
    assert!(!dialog.may_switch(), "a body is to come");
    dialog.body_received();
    assert!(dialog.may_switch());
    dialog.answer_begun(true, true);
    assert!(!dialog.may_switch(), "it is answered");
    for reading in [discard(), Reading::Refused, Reading::Ended, Reading::Idle] {
        assert!(
            !at(clone(&reading), Writing::Idle).may_switch(),
            "{reading:?}"
        );
    }
}

#[test]
fn each_side_of_a_switched_connection_ends_by_itself() {
    let mut dialog = switched();
    assert_eq!(dialog.join(true), Joint::Stay);
    assert!(!dialog.keep_alive());
    // The peer's first, in the midst of what it may mean: it is no truncated body.
    assert!(!dialog.input_ended());
    assert!(!dialog.takes_switched());
    assert_eq!(dialog.wait(false), Wait::Switched);
    assert_eq!(dialog.join(true), Joint::Stay);
    dialog.answer_ended();
    assert_eq!(dialog.join(true), Joint::Close);
    // Ours first.
    let mut dialog = switched();
    dialog.answer_ended();
    assert_eq!(dialog.join(true), Joint::EndOutput);
    assert!(dialog.takes_switched() && dialog.wants_input(true));
    assert!(!dialog.input_ended());
    assert_eq!(dialog.join(true), Joint::Close);
}

#[test]
fn a_switched_connection_expects_its_peer_unless_the_exchange_is_full() {
    let mut dialog = switched();
    assert!(dialog.expects_body());
    dialog.body_blocked();
    assert!(!dialog.expects_body() && !dialog.wants_input(true));
    dialog.body_unblocked();
    assert!(dialog.expects_body());
}
