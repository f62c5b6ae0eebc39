//! Requests for clients to send: most of them good, some with one thing wrong.

use super::fixture::pattern;
use super::tape::Tape;

/// One request, with its body, and the length of its head.
pub fn request(tape: &mut Tape) -> (Vec<u8>, usize) {
    let method = tape.pick(&[
        "GET", "GET", "GET", "POST", "HEAD", "PUT", "OPTIONS", "get", "X!",
    ]);
    let target = spelled(target(tape), tape);
    let mut out = Vec::new();
    if tape.chance(16) {
        out.extend(tape.pick(&[&b"\r\n"[..], b"\n", b"\r\n\r\n", b" ", b"\r", b"\0"]));
    }
    let version = match tape.chance(60) {
        true => tape.pick(&[
            "HTTP/1.0", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "FOO", "",
        ]),
        false => "HTTP/1.1",
    };
    out.extend(format!("{method} {target} {version}").bytes());
    let mut fields: Vec<String> = vec!["Host: h".into()];
    if tape.chance(12) {
        let bad = [
            "",
            "Host: a b",
            "Host: h\r\nHost: h",
            "host:",
            "HOST: [::1]:80",
        ];
        fields[0] = tape.pick(&bad).into();
    }
    if tape.chance(50) {
        let options = ["close", "keep-alive", "Close, x", "x", "keep-alive, close"];
        fields.push(format!("Connection: {}", tape.pick(&options)));
    }
    if tape.chance(50) {
        fields.push(range(tape));
    }
    let body = body(method, tape, &mut fields);
    if tape.chance(24) {
        fields.push(odd_field(tape));
    }
    fields.retain(|field| !field.is_empty());
    let eol = if tape.chance(10) { "\n" } else { "\r\n" };
    out.extend(eol.bytes());
    for field in fields {
        out.extend(format!("{field}{eol}").bytes());
    }
    out.extend(eol.bytes());
    let head_len = out.len();
    out.extend(body);
    (out, head_len)
}

fn size(tape: &mut Tape) -> usize {
    match tape.below(12) {
        0 => 5,
        1 => 0,
        2 => 1,
        3 => 100,
        4 => 1023,
        5 => 16_384,
        6 => 16_385,
        7 => 40_000,
        8 => 70_000,
        9 => tape.below(300),
        10 => tape.below(40_000),
        _ => 300_000 * tape.below(2),
    }
}

fn target(tape: &mut Tape) -> String {
    let n = size(tape);
    match tape.below(if cfg!(feature = "cgi") { 36 } else { 26 }) {
        26.. => script(tape, n),
        0 | 1 => format!("/bytes/{n}"),
        2 => "/none".into(),
        3 => "/bye".into(),
        4 => format!("/stream/{n}/{}", 1 + tape.below(9000).max(n / 50)),
        5 => format!("/slow/{n}/{}", 1 + n / 9),
        6 => format!("/sized/{n}/{}", 1 + tape.below(9000).max(n / 50)),
        7 => format!("/{}/{n}/{}", tape.pick(&["torn", "lying"]), 1 + n / 5),
        8 => format!("/shrunk/{n}"),
        9 => format!("/hop/bytes/{n}"),
        10 => tape
            .pick(&[
                "/hop/collect",
                "/hop/hop/late/2",
                "/leap/early/9",
                "/hop/echo",
            ])
            .into(),
        11 => tape
            .pick(&["/leap/bytes/7", "/leap/collect", "/loop", "/leap/sip/2"])
            .into(),
        12 => {
            let panics = ["/panic", "/hop/panic", "/fail"];
            // A fuzzer takes every panic for a find.
            tape.pick(if cfg!(fuzzing) { &panics[2..] } else { &panics })
                .into()
        }
        13 | 14 => "/collect".into(),
        15 => format!("/sip/{}", 1 + tape.below(3000)),
        16 | 17 => "/echo".into(),
        18 => format!("/early/{n}"),
        19 => format!("/late/{}", tape.below(60)),
        20 => "/wake".into(),
        21 => "/shun".into(),
        22 => format!("/choke/{}", tape.below(200)),
        23 => tape
            .pick(&["/dir", "/dir/", "/dir?a=b", "/missing", "/dir/index.html/"])
            .into(),
        _ => format!(
            "/{}",
            tape.pick(&["small.txt", "medium.bin", "empty.txt", "large.bin"])
        ),
    }
}

/// A script (see `script`), some of them after a local redirect.
fn script(tape: &mut Tape, n: usize) -> String {
    let scripts = [
        "doc", "len", "read", "echo", "over", "under", "status", "empty", "moved", "late", "hang",
        "silent", "nostart", "half", "bad", "hold", "linger", "noisy", "crash", "circle",
        "nph-raw", "none",
    ];
    let name = tape.pick(&scripts);
    let to = format!(
        "/cgi-bin/{name}/{}",
        if tape.chance(60) { n + 1 } else { n }
    );
    let other = [
        "/bytes/7",
        "/collect",
        "/late/9",
        "/cgi-bin/redirect/stream/900/70",
    ];
    match tape.below(12) {
        0 => format!("/hop{to}"),
        1 => format!("/leap{to}"),
        2 => format!("/cgi-bin/redirect{to}"),
        3 => format!("/cgi-bin/redirect{}", tape.pick(&other)),
        _ => to,
    }
}

/// Other spellings of a target, some of them wrong.
fn spelled(target: String, tape: &mut Tape) -> String {
    if !tape.chance(40) {
        return target;
    }
    match tape.below(12) {
        0 => format!("http://h{target}"),
        1 => format!("{target}?x=/../y"),
        2 => format!("//{}", &target[1..]),
        3 => format!("/./x/..{target}"),
        4 => format!("/%2e%2E{target}"),
        5 => format!("/../..{target}#x"),
        6 => format!("{target}%00"),
        7 => "*".into(),
        8 => format!("http://{target}"),
        9 => format!("http://u@h{target}"),
        10 => format!("/{}", "x".repeat(8192 + tape.below(200) - 50)),
        _ => target[1..].to_owned(),
    }
}

fn range(tape: &mut Tape) -> String {
    let ranges = [
        "bytes=0-99",
        "bytes=-5",
        "bytes=990-",
        "bytes=0-0,2-2,4-4",
        "bytes=5-2",
        "bytes=999999-",
        "bytes=0-17000",
        "bytes=-999999",
        "bytes=1-2,200-300000,2-5",
        "x=0-1",
        "bytes=",
        "bytes=+1-2",
        "bytes=0-17000,18000-19999",
    ];
    format!("Range: {}", tape.pick(&ranges))
}

fn odd_field(tape: &mut Tape) -> String {
    match tape.below(11) {
        0 => "X-Y: z".into(),
        1 => "X-Y : z".into(),
        2 => "X-Y: a\0b".into(),
        3 => "X-Y: a\r\n folded".into(),
        4 => "no colon".into(),
        5 => ": no name".into(),
        6 => "X-Y: a\rb".into(),
        7 => format!("X-Y: {}", "z".repeat(33_000)),
        8 => "A: b\r\n".repeat(100 + tape.below(60)) + "A: b",
        9 => "Expect: something".into(),
        _ => "X-Y:\t\u{e9} \t".into(),
    }
}

fn body(method: &str, tape: &mut Tape, fields: &mut Vec<String>) -> Vec<u8> {
    let usual = ["POST", "PUT"].contains(&method);
    if !tape.chance(if usual { 220 } else { 12 }) {
        return Vec::new();
    }
    let n = size(tape).min(150_000);
    let data = pattern(n + 3)[3..].to_vec();
    if tape.chance(50) {
        let expect = ["Expect: 100-continue", "Expect: 100-Continue"];
        fields.push(tape.pick(&expect).into());
    }
    match tape.below(10) {
        0..=4 => {
            fields.push(format!("Content-Length: {n}"));
            data
        }
        5 | 6 => {
            fields.push(
                tape.pick(&["Transfer-Encoding: chunked", "transfer-encoding:CHUNKED"])
                    .into(),
            );
            chunked(&data, tape, false)
        }
        7 => {
            fields.push("Transfer-Encoding: chunked".into());
            chunked(&data, tape, true)
        }
        8 => {
            let odd = [
                "Content-Length: +5",
                "Content-Length: 5\r\nContent-Length: 5",
                "Content-Length: 5\r\nContent-Length: 6",
                "Content-Length: 5, 5",
                "Content-Length: 0005",
                "Content-Length: 5 ",
                "Content-Length: 0x5",
                "Content-Length: 99999999999999999999",
                "Content-Length:",
                "Content-Length: -1",
            ];
            fields.push(tape.pick(&odd).into());
            b"GET /".to_vec()
        }
        _ => {
            let odd = [
                "Content-Length: 5\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: gzip",
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding: chunked, chunked",
                "Transfer-Encoding: chunked, gzip",
                "Transfer-Encoding: chunked;a=b",
                "Transfer-Encoding: identity",
                "Transfer-Encoding:",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            ];
            fields.push(tape.pick(&odd).into());
            chunked(b"GET / HTTP/1.1\r\n\r\n", tape, false)
        }
    }
}

/// A chunked body, perhaps with one fault in it.
fn chunked(data: &[u8], tape: &mut Tape, wrong: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let most = tape.pick(&[1000, 1, 7, 100, 70_000]).max(data.len() / 200);
    let pieces: Vec<&[u8]> = data.chunks(most.max(1)).collect();
    let fault = if wrong { tape.below(11) } else { usize::MAX };
    let place = if wrong {
        tape.below(pieces.len() + 1)
    } else {
        usize::MAX
    };
    for (number, piece) in pieces.iter().enumerate() {
        let here = place == number;
        let extension = match tape.chance(10) {
            true => tape.pick(&[";a=b", " ; a", ";", "\t;a=\"b\""]),
            false => "",
        };
        let size = match fault {
            0 if here => format!("{:x}\n", piece.len()),
            1 if here => format!("0x{:x}\r\n", piece.len()),
            2 if here => format!("{:017x}\r\n", piece.len()),
            3 if here => format!("+{:x}\r\n", piece.len()),
            4 if here => format!("{:x};{}\r\n", piece.len(), "e".repeat(300)),
            5 if here => format!("{:x} \r\n", piece.len()),
            _ => format!("{:x}{extension}\r\n", piece.len()),
        };
        out.extend(size.bytes());
        out.extend(*piece);
        match fault {
            6 if here => out.extend(b"\n"),
            7 if here => {}
            8 if here => out.extend(tape.pick(&[&b"x\r\n"[..], b"xy", b"\rx"])),
            _ => out.extend(b"\r\n"),
        }
    }
    let end: &[u8] = match (fault, tape.chance(30)) {
        (9, _) if place == pieces.len() => b"0\n\n",
        (10, _) if place == pieces.len() => b"0\r\nbad trailer\r\n\r\n",
        (_, true) => b"0\r\nX-Sum: 1\r\nY:\r\n\r\n",
        _ => b"0\r\n\r\n",
    };
    out.extend(end);
    out
}
