//! Objects, exactly, and what stays text in them whatever came.

use std::time::{Duration, SystemTime};

use super::*;
use crate::handler::Cause;
use crate::log::tests::over::Over;
use crate::log::{LogFormat, PENDING_BYTES_MAX};

fn stamp() -> Stamp {
    let mut stamp = Stamp::new(LogFormat::Json);
    stamp.set(SystemTime::UNIX_EPOCH + Duration::from_micros(1_795_382_768_000_042));
    stamp
}

fn object(over: &Over<'_>) -> String {
    let mut out = Vec::new();
    over.show(|record| append_object(&mut out, &stamp(), &Log::Over(record)));
    String::from_utf8(out).unwrap()
}

#[test]
fn a_request_that_is_over_is_one_object() {
    let head =
        b"GET /a?b HTTP/1.1\r\nHost: h\r\nReferer: \"r\"\r\nUser-Agent: \xc3\xa9\xff\r\n\r\n";
    let over = Over {
        peer: Some("[::ffff:192.0.2.7]:1"),
        head,
        status: Some(200),
        body_bytes: 1024,
        cause: None,
    };
    let want = concat!(
        r#"{"time":"2026-11-22T21:26:08.000042Z","peer":"192.0.2.7","method":"GET","#,
        r#""target":"/a?b","version":"HTTP/1.1","status":200,"bytes":1024,"taken":30,"#,
        r#""ttfb_us":250,"duration_us":1500,"end":"complete","cause":null,"host":"h","#,
        r#""referer":"\"r\"","agent":"éÿ","scheme":"http","conn":7,"req":2}"#,
    );
    assert_eq!(object(&over), format!("{want}\n"));
}

#[test]
fn what_is_not_known_is_null_and_a_cut_has_its_cause() {
    let over = Over {
        peer: None,
        head: b"\x16\x03 \x01",
        status: None,
        body_bytes: 0,
        cause: Some(&Cause::Drained),
    };
    let want = concat!(
        r#"{"time":"2026-11-22T21:26:08.000042Z","peer":null,"method":null,"#,
        r#""target":"\u0016\u0003 \u0001","version":null,"status":null,"bytes":0,"taken":0,"#,
        r#""ttfb_us":null,"duration_us":1500,"end":"cut","cause":"the server ends","host":null,"#,
        r#""referer":null,"agent":null,"scheme":"http","conn":7,"req":2}"#,
    );
    assert_eq!(object(&over), format!("{want}\n"));
}

#[test]
fn errors_and_gaps_are_objects_too() {
    let mut out = Vec::new();
    let peer = Some("127.0.0.1:9".parse().unwrap());
    let message = "a \"b\" \\ \u{2028}\n\u{85}魚";
    append_object(&mut out, &stamp(), &Log::Error { peer, message });
    append_gap(&mut out, &stamp(), 3);
    let want = concat!(
        r#"{"time":"2026-11-22T21:26:08.000042Z","peer":"127.0.0.1","level":"error","#,
        r#""message":"a \"b\" \\ \u2028\u000a\u0085魚"}"#,
        "\n",
        r#"{"time":"2026-11-22T21:26:08.000042Z","level":"error","message":"3 log lines dropped"}"#,
        "\n",
    );
    assert_eq!(String::from_utf8(out).unwrap(), want);
}

#[test]
fn an_object_of_the_longest_texts_fits_into_what_may_wait() {
    let long = "\u{1}".repeat(60_000);
    for head in [
        format!("GET /{long} HTTP/1.1\r\n"),
        format!("{long} / HTTP/{long}"),
        long.clone(),
    ] {
        let over = Over {
            peer: Some("[2001:db8:1111:2222:3333:4444:5555:6666]:1"),
            head: head.as_bytes(),
            status: Some(200),
            body_bytes: u64::MAX - 100,
            cause: Some(&Cause::FileChanged),
        };
        let object = object(&over);
        assert!(object.len() + 2 * FIELD_TEXT_BYTES_MAX <= PENDING_BYTES_MAX);
        assert!(object.contains("...\"") && object.ends_with("}\n"));
    }
}
