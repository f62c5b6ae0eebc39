//! What a connection at rest waits for: the table of all states that have a timer, and of the few
//! that have none.

use crate::http::dialog::Reading;

/// What is waited for, which decides for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// The end of the peer's stream, after ours.
    Linger,
    /// The peer, to take bytes of the response.
    Response,
    /// The rest of a head, or the first one.
    Head,
    /// The next request.
    Idle,
    /// A body that somebody reads.
    Body,
    /// The end of a body that nobody reads.
    Discard,
    /// The exchange or the source. It sets its own deadline, or is woken; when nothing is left that
    /// could call it, it is answered for (`watch`). A peer that has ended its stream meanwhile is
    /// asked whether it is there.
    Handler,
}

/// What a wait depends on.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    pub reading: &'a Reading,
    pub head_begun: bool,
    /// Bytes wait that only the peer's reading can move.
    pub is_waiting: bool,
    /// The peer is what a body waits for.
    pub waits_for_body: bool,
    pub lingering: bool,
}

/// What is waited for.
pub fn wait(facts: Facts<'_>) -> Wait {
    if facts.lingering {
        return Wait::Linger;
    }
    if facts.is_waiting {
        return Wait::Response;
    }
    match facts.reading {
        Reading::Head if facts.head_begun => Wait::Head,
        Reading::Head => Wait::Idle,
        Reading::Body(_) if facts.waits_for_body => Wait::Body,
        Reading::Discard(..) => Wait::Discard,
        Reading::Body(_) | Reading::Done | Reading::Ended | Reading::Refused => Wait::Handler,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body::Decoder;
    use crate::http::dialog::{Dialog, Joint, Writing};

    /// A dialog that reads and writes so; `None` if there is no such state.
    fn dialog(reading: &str, writing: Writing) -> Option<Dialog> {
        let mut dialog = Dialog::default();
        let has_body = ["body", "discard"].contains(&reading);
        match reading {
            "head" => return (writing == Writing::Idle).then_some(dialog),
            _ => dialog.head_received(has_body.then_some(Decoder::Length(9)), true),
        }
        match reading {
            "discard" => dialog.body_unwanted(),
            "refused" => dialog.refuse(),
            "ended" => drop(dialog.input_ended()),
            _ => {}
        }
        if writing != Writing::Idle {
            dialog.answer_begun(true);
        }
        if writing == Writing::Done {
            dialog.answer_ended();
        }
        Some(dialog)
    }

    #[test]
    fn every_joint_state_has_a_timer_moves_on_or_is_its_exchanges() {
        use Writing::{Body, Done, Idle};
        const READINGS: [&str; 6] = ["head", "body", "discard", "done", "ended", "refused"];
        // With everything sent that is there; what is not named waits for its exchange or source.
        let mut seen = Vec::new();
        for reading in READINGS {
            for writing in [Idle, Body, Done] {
                for is_answered in [true, false] {
                    let Some(mut dialog) = dialog(reading, writing) else {
                        continue;
                    };
                    let joint = dialog.join(is_answered);
                    let found = wait(Facts {
                        reading: dialog.reading(),
                        head_begun: false,
                        is_waiting: false,
                        waits_for_body: true,
                        lingering: false,
                    });
                    // A body's source answers without an exchange, and a response that is known.
                    let by_handler = is_answered || writing == Body;
                    let has_timer = found != Wait::Handler;
                    let is_right = joint != Joint::Stay || has_timer || by_handler;
                    let is_fault = reading == "refused" || reading == "done";
                    // Answered at once, in the same call: no connection ever rests so.
                    let is_never = is_fault && writing == Idle && !is_answered;
                    assert!(is_right || is_never, "{reading} {writing:?} {is_answered}");
                    if joint == Joint::Stay && is_answered {
                        seen.push((reading, writing, found));
                    }
                }
            }
        }
        use Wait::Handler;
        // The exchange is dropped with the last byte of its response: with one there is no `Done`.
        seen.retain(|(reading, writing, _)| *writing != Done || *reading == "discard");
        let want = [
            ("head", Idle, Wait::Idle),
            ("body", Idle, Wait::Body),
            ("body", Body, Wait::Body),
            ("discard", Idle, Wait::Discard),
            ("discard", Body, Wait::Discard),
            ("discard", Done, Wait::Discard),
            ("done", Idle, Handler),
            ("done", Body, Handler),
            ("ended", Idle, Handler),
            ("ended", Body, Handler),
            ("refused", Idle, Handler),
            ("refused", Body, Handler),
        ];
        assert_eq!(seen, want);
    }

    #[test]
    fn what_the_peer_must_do_first_goes_before_what_others_must() {
        for reading in [
            Reading::Head,
            Reading::Done,
            Reading::Body(Decoder::Length(9)),
        ] {
            let facts = Facts {
                reading: &reading,
                head_begun: true,
                is_waiting: true,
                waits_for_body: false,
                lingering: false,
            };
            assert_eq!(wait(facts), Wait::Response);
            let lingering = Facts {
                lingering: true,
                ..facts
            };
            assert_eq!(wait(lingering), Wait::Linger);
        }
        let body = Reading::Body(Decoder::Length(9));
        let blocked = Facts {
            reading: &body,
            head_begun: false,
            is_waiting: false,
            waits_for_body: false,
            lingering: false,
        };
        assert_eq!(wait(blocked), Wait::Handler);
    }
}
