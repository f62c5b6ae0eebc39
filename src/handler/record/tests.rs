//! Tests of `handler::record`.

use super::*;

#[test]
fn a_cause_has_its_words_and_what_was_told_is_not_told_again() {
    let kind = io::ErrorKind::TimedOut;
    let stall = Duration::from_millis(1500);
    for (cause, words, is_told) in [
        (
            Cause::PeerGone(kind.into()),
            "its peer has gone: timed out",
            true,
        ),
        (
            Cause::PeerStalled(stall),
            "its peer took nothing for 1.5 s",
            false,
        ),
        (Cause::Source(kind.into()), "source: timed out", false),
        (
            Cause::Source(io::Error::other("torn")),
            "source: torn",
            false,
        ),
        (Cause::Source(Told::error(kind)), "source: timed out", true),
        (Cause::File(kind.into()), "file: timed out", false),
        (Cause::Drained, "the server ends", false),
        (Cause::Shed, "others wait for a connection", false),
    ] {
        assert_eq!(cause.to_string(), words);
        assert_eq!(cause.is_told(), is_told, "{words}");
    }
    for (cause, fault) in [
        (Cause::BodyStalled, Fault::BodyTimeout),
        (Cause::BodyTruncated, Fault::BodyTruncated),
        (Cause::BodyRefused(Fault::BadChunk), Fault::BadChunk),
    ] {
        let words = format!("request body: {}", fault.cause());
        assert_eq!(cause.to_string(), words);
    }
}
