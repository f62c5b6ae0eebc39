//! What the cache of files knows, when, and for how long.

use super::*;
use crate::http::limits::FILE_CACHE_BYTES_MAX as BYTES_MAX;
use crate::http::limits::FILES_CACHED_MAX as ENTRIES_MAX;

fn cache() -> (Cache<u32>, Instant) {
    (Cache::new(BYTES_MAX), Instant::now())
}

/// What is known of a path, by a letter: nothing, perhaps, surely.
fn known(cache: &Cache<u32>, path: &str, serial: Option<u64>, now: Instant) -> (char, u32) {
    match cache.get(path.as_bytes(), serial, now) {
        Known::Nothing => ('n', 0),
        Known::Once(value) => ('o', *value),
        Known::Perhaps(value) => ('p', *value),
        Known::Surely(value) => ('s', *value),
    }
}

#[test]
fn a_look_counts_for_requests_that_follow_each_other_and_for_no_other() {
    let (cache, now) = cache();
    let known = |path, serial| known(&cache, path, serial, now);
    assert_eq!(known("/a", Some(2)), ('n', 0));
    cache.put(b"/a", Arc::new(1), 0, now);
    cache.put(b"/b", Arc::new(2), 0, now - Duration::from_millis(1));
    for (path, serial, want) in [
        // What was just found needs no look.
        ("/a", Some(3), ('s', 1)),
        ("/a", Some(4), ('s', 1)),
        ("/b", Some(5), ('s', 2)),
        // Something was read, or somebody else asked, in between.
        ("/a", Some(7), ('p', 1)),
        ("/a", Some(8), ('s', 1)),
        ("/b", Some(9), ('p', 2)),
        ("/a", Some(10), ('s', 1)),
        ("/a", Some(10), ('p', 1)),
        ("/a", Some(9), ('p', 1)),
        // One that wants no other's look, and one after it.
        ("/a", None, ('p', 1)),
        ("/a", None, ('p', 1)),
        ("/a", Some(10), ('p', 1)),
        ("/a", Some(11), ('s', 1)),
        // One that misses is one of them.
        ("/c", Some(12), ('n', 0)),
        ("/a", Some(13), ('s', 1)),
    ] {
        assert_eq!(known(path, serial), want, "{path} {serial:?}");
    }
    // Nobody has looked.
    cache.end_row();
    assert_eq!(known("/a", Some(14)), ('p', 1));
    cache.forget(b"/a");
    cache.forget(b"/a");
    assert_eq!(known("/a", Some(15)), ('n', 0));
    assert_eq!(known("/b", Some(20)), ('p', 2));
}

#[test]
fn nothing_counts_for_longer_than_its_time_unless_it_is_compared() {
    let (cache, now) = cache();
    cache.put(b"/a", Arc::new(1), 0, now);
    let last = now + AGE_MAX - Duration::from_nanos(1);
    assert_eq!(known(&cache, "/a", None, last), ('p', 1));
    let over = now + AGE_MAX;
    assert_eq!(known(&cache, "/a", Some(1), over), ('o', 1));
    // That is for each of them to do.
    assert_eq!(known(&cache, "/a", Some(2), over), ('o', 1));
    cache.renew(b"/a", over);
    cache.renew(b"/b", over);
    assert_eq!(known(&cache, "/a", None, over), ('p', 1));
    assert_eq!(known(&cache, "/a", None, last + AGE_MAX), ('p', 1));
    assert_eq!(known(&cache, "/a", None, over + AGE_MAX), ('o', 1));
}

#[test]
fn what_is_asked_for_stays_and_the_rest_makes_room() {
    let (cache, now) = cache();
    let path = |number: usize| format!("/{number}");
    for number in 0..3 * ENTRIES_MAX {
        cache.put(path(number).as_bytes(), Arc::new(number as u32), 0, now);
        assert_eq!(known(&cache, "/0", None, now), ('p', 0), "{number}");
    }
    cache.with(|table| {
        assert_eq!(table.entries.len(), ENTRIES_MAX);
        assert_eq!(table.places.len(), ENTRIES_MAX);
        for (path, &at) in &table.places {
            assert_eq!(table.entries[at].path, *path);
        }
    });
    let last = 3 * ENTRIES_MAX - 1;
    assert_eq!(known(&cache, &path(last), None, now), ('p', last as u32));
}

#[test]
fn bytes_are_counted_and_bounded() {
    let (cache, now) = cache();
    let each = 100_000;
    for number in 0..1_000 {
        let path = format!("/{}", number % 300);
        cache.put(path.as_bytes(), Arc::new(number), each, now);
        cache.with(|table| {
            let sum: usize = table.entries.iter().map(|entry| entry.bytes).sum();
            assert_eq!(table.bytes, sum);
            assert!(sum <= BYTES_MAX);
            assert_eq!(table.places.len(), table.entries.len());
        });
    }
    cache.with(|table| assert!(table.bytes > BYTES_MAX - 2 * each));
    // What never fits takes nobody's place.
    cache.put(b"/large", Arc::new(0), BYTES_MAX, now);
    assert_eq!(known(&cache, "/large", None, now), ('n', 0));
    cache.with(|table| assert!(table.bytes > BYTES_MAX - 2 * each));
}
