//! Tests of `testing::doors::script_heads`.

use super::*;

#[test]
fn heads_put_together_at_random_are_read_as_the_slow_way_reads_them() {
    const PIECES: [&str; 40] = [
        "Status: 200",
        "Status: 404 X",
        "status:\t404",
        "Status: 99",
        "HTTP/1.1 404 Not Found",
        "HTTP/2 200",
        "HTTP/1.1",
        "Content-Type: a/b",
        "content-type: c/d",
        "Content-Type:",
        "Content-Length: 4",
        "Content-Length: 5",
        "content-length:4",
        "Content-Length: +4",
        "Location: /x",
        "Location: /y",
        "Location:",
        "location: http://h/",
        "ETag: a",
        "ETAG: b",
        "Set-Cookie: a",
        "Set-Cookie: b",
        "X: y",
        " X: y",
        "X : y",
        "X: \u{e9}",
        "hello",
        ":",
        "Connection: X, etag",
        "Connection: ETag",
        "Transfer-Encoding: chunked",
        "TE: x",
        "X: a\rb",
        "X: a\0b",
        "\r",
        "",
        "",
        "",
        "Date: x",
        "Date: y",
    ];
    let (mut state, mut read, mut refused) = (1u64, 0, 0);
    let mut roll = |sides: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % sides
    };
    for _ in 0..20_000 {
        let mut input = String::new();
        for _ in 0..roll(6) {
            input.push_str(PIECES[roll(PIECES.len())]);
            input.push_str(["\n", "\r\n"][roll(2)]);
        }
        input.push_str(["\n", "\nbody", "", "\r\n"][roll(4)]);
        cgi_head(input.as_bytes());
        match head_end(input.as_bytes()).map(|end| reference(&input.as_bytes()[..end])) {
            Some(Some(_)) => read += 1,
            Some(None) => refused += 1,
            None => {}
        }
    }
    assert!(
        read > 2_000 && refused > 2_000,
        "{read} read, {refused} refused"
    );
}
