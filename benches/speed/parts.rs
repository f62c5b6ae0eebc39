//! Pure functions, and the tree of deadlines.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use sprat::bench::{Deadlines, read_head, read_range, write_file_head};
use sprat::{Limits, MimeMap};

const SHORT: &[u8] = b"GET /1k.txt HTTP/1.1\r\nHost: localhost:8000\r\n\r\n";

const OF_A_BROWSER: &[u8] = b"GET /docs/guide/index.html?chapter=2 HTTP/1.1\r\n\
Host: localhost:8000\r\n\
User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n\
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8\r\n\
Accept-Language: en-US,en;q=0.5\r\n\
Accept-Encoding: gzip, deflate, br, zstd\r\n\
Connection: keep-alive\r\n\
Upgrade-Insecure-Requests: 1\r\n\
Sec-Fetch-Dest: document\r\n\
Sec-Fetch-Mode: navigate\r\n\
Sec-Fetch-Site: same-origin\r\n\
If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
If-None-Match: \"400-2ebc9a51\"\r\n\
Priority: u=0, i\r\n\r\n";

#[divan::bench(args = ["short", "of_a_browser"])]
fn request_head(bencher: Bencher<'_, '_>, which: &str) {
    let bytes = if which == "short" {
        SHORT
    } else {
        OF_A_BROWSER
    };
    let limits = Limits::default();
    bencher
        .counter(BytesCount::new(bytes.len()))
        .bench(|| assert!(read_head(divan::black_box(bytes), &limits)));
}

#[divan::bench]
fn response_head(bencher: Bencher<'_, '_>) {
    let mut out = Vec::with_capacity(4096);
    bencher.bench_local(|| {
        out.clear();
        write_file_head(&mut out);
        out.len()
    });
}

#[divan::bench(args = [1, 16, 256])]
fn range(bencher: Bencher<'_, '_>, ranges: usize) {
    let each: Vec<String> = (0..ranges)
        .map(|at| format!("{0}00-{0}49", at + 1))
        .collect();
    let value = format!("bytes={}", each.join(","));
    bencher
        .counter(ItemsCount::new(ranges))
        .bench(|| read_range(divan::black_box(value.as_bytes()), 1 << 20));
}

#[divan::bench(args = ["a.html", "photo.JPG", "x.torrent", "none"])]
fn media_type(bencher: Bencher<'_, '_>, name: &str) {
    let types = MimeMap::default();
    bencher.bench(|| types.guess(divan::black_box(name.as_bytes())).len());
}

#[divan::bench(args = [64, 1000, 10_000, 100_000])]
fn deadline_renewed_among(bencher: Bencher<'_, '_>, count: usize) {
    let mut deadlines = Deadlines::new(count);
    bencher.bench_local(|| deadlines.renew());
}
