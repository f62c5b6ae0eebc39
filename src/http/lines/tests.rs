//! Fields written beforehand, and which are not.

use super::*;

fn field(name: &'static str, value: &'static [u8]) -> Field {
    (name.into(), value.into())
}

#[test]
fn fields_come_back_as_they_were_written() {
    let fields = [
        field("Content-type", b"text/plain"),
        field("X-Empty", b""),
        field("X-Bytes", b"\xff: \tb"),
        field("X-Bytes", b"again"),
    ];
    let lines = FieldLines::of(&fields).unwrap();
    assert_eq!(
        lines.as_bytes(),
        b"Content-type: text/plain\r\nX-Empty: \r\nX-Bytes: \xff: \tb\r\nX-Bytes: again\r\n"
    );
    assert_eq!(lines.to_fields(), fields);
    assert!(lines.has("content-TYPE"));
    assert!(!lines.has("content"));
    assert_eq!(FieldLines::of(&[]).unwrap().iter().count(), 0);
}

#[test]
fn what_cannot_be_sent_is_left_to_whoever_tells_of_it() {
    for (name, value) in [
        ("a b", &b"c"[..]),
        ("X-A", b"b\r\nc: d"),
        ("Content-Length", b"5"),
        ("connection", b"close"),
        ("Date", b"now"),
        ("SERVER", b"own"),
    ] {
        assert!(FieldLines::of(&[field(name, value)]).is_none(), "{name}");
    }
}
