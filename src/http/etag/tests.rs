//! Tags of files, row by row: what they hold, when they are weak, and the date beside them.

use super::*;

const YEAR: Duration = Duration::from_secs(365 * 86_400);

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn now() -> SystemTime {
    at(1_700_000_000)
}

fn file(modified: SystemTime, changed: SystemTime) -> FileFacts {
    FileFacts {
        len: 0x10,
        modified,
        changed,
        inode: 0xABCD_EF01,
    }
}

fn tag(file: &FileFacts, made_of: Etags) -> String {
    let tag = EntityTag::of_file(file, made_of, now(), || false);
    tag.map_or_else(|| "none".into(), EntityTag::to_field)
}

fn is_weak(file: &FileFacts, now: SystemTime, watched: bool) -> bool {
    let tag = EntityTag::of_file(file, Etags::Mtime, now, || watched);
    tag.unwrap().is_weak()
}

#[test]
fn tag_is_length_and_mtime_in_nanoseconds_and_nothing_of_one_machine() {
    let modified = UNIX_EPOCH + Duration::new(16, 1);
    let ours = file(modified, at(1_000));
    assert_eq!(tag(&ours, Etags::Mtime), "\"10-3b9aca001\"");
    let elsewhere = FileFacts {
        inode: 7,
        ..file(modified, at(2_000))
    };
    assert_eq!(tag(&elsewhere, Etags::Mtime), tag(&ours, Etags::Mtime));
    for other in [
        FileFacts { len: 0x11, ..ours },
        file(modified + Duration::from_nanos(1), at(1_000)),
        file(UNIX_EPOCH - Duration::from_secs(16), at(1_000)),
    ] {
        assert_ne!(tag(&other, Etags::Mtime), tag(&ours, Etags::Mtime));
    }
}

#[test]
fn strict_tag_changes_with_inode_and_ctime_and_shows_neither() {
    let ours = file(at(1_600_000_000), at(1_600_000_000));
    let strict = tag(&ours, Etags::Strict);
    let (start, end) = (tag(&ours, Etags::Mtime), format!("{:x}", ours.inode));
    assert!(strict.starts_with(start.trim_end_matches('"')), "{strict}");
    assert!(!strict.contains(&end), "{strict}");
    for other in [
        FileFacts { inode: 7, ..ours },
        file(ours.modified, ours.changed + Duration::from_nanos(1)),
    ] {
        assert_ne!(tag(&other, Etags::Strict), strict);
        assert_eq!(tag(&other, Etags::Mtime), tag(&ours, Etags::Mtime));
    }
}

#[test]
fn strict_tag_is_weak_until_its_ctime_can_be_told_from_the_next() {
    let millis = Duration::from_millis;
    let set_back = at(1_600_000_000);
    for (changed, watched, weak) in [
        (now() - millis(19) + Duration::from_nanos(1), false, true),
        (now() - millis(21) + Duration::from_nanos(1), false, false),
        (now() - Duration::from_secs(1), false, true),
        (now() - Duration::from_secs(2), false, false),
        (now() + YEAR, false, true),
        (now() + YEAR, true, false),
    ] {
        let file = file(set_back, changed);
        let of = |made_of| {
            let tag = EntityTag::of_file(&file, made_of, now(), || watched);
            tag.unwrap().is_weak()
        };
        assert_eq!(of(Etags::Strict), weak, "{changed:?} {watched}");
        // The other is made of the mtime alone.
        assert!(!of(Etags::Mtime), "{changed:?} {watched}");
    }
}

#[test]
fn frozen_mtimes_give_way_to_ctime_and_to_no_date() {
    let nanos = Duration::from_nanos(123_456_789);
    for (seconds, frozen) in [
        (0, true),
        (1, true),
        (2, false),
        (315_489_599, false),
        (315_489_600, true),
        (315_532_800, true),
        (315_705_600, true),
        (315_705_601, false),
        (318_167_999, false),
        (318_168_000, true),
        (318_254_400, true),
        (318_254_401, false),
        (456_788_999, false),
        (456_789_000, true),
        (456_789_001, false),
        (499_162_500, true),
        (499_162_501, false),
        (1_153_704_088, true),
        (1_153_704_089, false),
    ] {
        let known = [at(1_600_000_000), at(1_600_000_001)].map(|time| time + nanos);
        let tags = known.map(|changed| tag(&file(at(seconds), changed), Etags::Mtime));
        assert_eq!(tags[0] != tags[1], frozen, "{seconds}");
        let date = file(at(seconds), known[0]).last_modified(now());
        assert_eq!(date, (!frozen).then_some(at(seconds)), "{seconds}");
    }
    let before = file(UNIX_EPOCH - Duration::from_secs(1), at(1_600_000_000));
    assert!(!before.is_frozen());
    assert_eq!(before.last_modified(now()), None);
}

#[test]
fn tag_is_weak_while_the_file_may_change_unseen() {
    let millis = Duration::from_millis;
    let long_ago = now() - YEAR;
    // (how long ago it was modified, and its inode changed; whether the tag is weak)
    for (modified, changed, weak) in [
        // Whole seconds everywhere: a coarse clock.
        (2_000, 2_000, false),
        (1_000, 1_000, true),
        (0, 0, true),
        // The mtime shows a fine clock, or the ctime does.
        (21, 21, false),
        (20, 20, false),
        (19, 19, true),
        (1, 1, true),
        (1_000, 999, false),
        // Hundredths in the ctime alone are FAT's.
        (1_000, 990, true),
        // An old file that came here just now.
        (1_000_000, 0, false),
    ] {
        let file = file(now() - millis(modified), now() - millis(changed));
        assert_eq!(is_weak(&file, now(), false), weak, "{modified} {changed}");
    }
    for file in [
        file(UNIX_EPOCH - YEAR, long_ago),
        file(UNIX_EPOCH - YEAR, UNIX_EPOCH - YEAR),
        // Ahead of the clock, and settled by ctime.
        file(now() + YEAR, long_ago),
        file(now() + millis(1), now() - millis(25)),
    ] {
        assert!(!is_weak(&file, now(), false), "{file:?}");
    }
    // A frozen mtime says nothing of when.
    assert!(is_weak(&file(UNIX_EPOCH, now() - millis(5)), now(), false));
    assert!(!is_weak(
        &file(UNIX_EPOCH, now() - millis(25)),
        now(),
        false
    ));
    assert!(is_weak(&file(now() + YEAR, now()), now(), false));
}

#[test]
fn a_file_ahead_of_the_clock_in_all_is_weak_until_it_was_watched() {
    let ahead = now() + Duration::from_secs(60);
    for file in [
        file(ahead, ahead),
        file(ahead + YEAR, ahead),
        file(UNIX_EPOCH, ahead + Duration::from_nanos(1)),
    ] {
        assert!(is_weak(&file, now(), false));
        assert!(!is_weak(&file, now(), true));
        assert_eq!(file.last_modified(now()), None);
    }
    // Nobody is asked where the times tell.
    let known = file(now() - YEAR, now());
    EntityTag::of_file(&known, Etags::Mtime, now(), || unreachable!());
}

#[test]
fn date_is_never_after_now_and_does_not_move() {
    let nanos = Duration::from_nanos(1);
    let changed = now() - YEAR;
    for (modified, clock, want) in [
        (at(784_111_777), now(), Some(at(784_111_777))),
        (at(2), now(), Some(at(2))),
        (now(), now(), Some(now())),
        // Later in the same second, which no field tells from now.
        (now() + nanos, now(), Some(now() + nanos)),
        (now() + Duration::from_secs(1), now(), Some(changed)),
        (now() + YEAR * 9_000, now(), Some(changed)),
        (UNIX_EPOCH - YEAR * 100, now(), None),
        // A clock that was never set.
        (at(784_111_777), at(1), None),
        (at(784_111_777), UNIX_EPOCH - YEAR, None),
    ] {
        let date = file(modified, changed).last_modified(clock);
        assert_eq!(date, want, "{modified:?} {clock:?}");
    }
    let odd = file(now() + YEAR, UNIX_EPOCH);
    assert_eq!(odd.last_modified(now()), None, "a ctime that says nothing");
}

#[test]
fn a_frozen_mtime_has_no_tag_where_two_hosts_may_have_its_ctime() {
    let nanos = Duration::from_nanos;
    let frozen = [0, 1, 315_532_800, 318_211_200, 499_162_500, 1_153_704_088];
    for modified in frozen.map(at) {
        for (changed, is_told) in [
            (at(1_600_000_000) + nanos(1), true),
            (at(1_600_000_000) + nanos(999_999_999), true),
            // Cut to the second, or to hundredths.
            (at(1_600_000_000), false),
            (at(1_600_000_000) + nanos(120_000_000), false),
            // Set as well, as in an image made so that it can be made again.
            (modified, false),
            (at(1), false),
            (at(315_532_800) + nanos(1), false),
            (UNIX_EPOCH - nanos(1), false),
        ] {
            let ours = file(modified, changed);
            let tag = tag(&ours, Etags::Mtime);
            assert_eq!(tag != "none", is_told, "{modified:?} {changed:?}");
            // An inode's own number tells it from others here, for as long as it lives.
            let strict = EntityTag::of_file(&ours, Etags::Strict, now(), || false);
            assert!(strict.is_some());
            assert_eq!(ours.last_modified(now()), None);
        }
    }
}

#[test]
fn tags_of_content_are_its_hash_and_its_form() {
    let mut hash = [0; 16];
    (hash[0], hash[15]) = (0xA0, 0x0B);
    let tag_of = tag;
    let tag = EntityTag::of_content(hash);
    let digits = "a000000000000000000000000000000b";
    assert_eq!(tag.to_field(), format!("\"{digits}\""));
    assert!(!tag.is_weak());
    for (is_markdown, coding, end) in [
        (false, Some(Coding::Zstd), "-zstd"),
        (true, None, "-md"),
        (true, Some(Coding::Zstd), "-md-zstd"),
    ] {
        let form = tag.in_form(is_markdown, coding).to_field();
        assert_eq!(form, format!("\"{digits}{end}\""));
    }
    let ours = file(at(1_600_000_000), at(1_600_000_000));
    assert_eq!(tag_of(&ours, Etags::Content), "none");
    assert_eq!(tag_of(&ours, Etags::None), "none");
}

#[test]
fn a_file_settles_when_its_next_change_will_show() {
    let millis = Duration::from_millis;
    for (changed, want) in [
        (now() - YEAR, Some(0)),
        (now() - millis(1_500), Some(500)),
        (now() - millis(2_000), Some(0)),
        (now(), Some(2_000)),
        (now() - millis(15) + Duration::from_nanos(1), Some(5)),
        (now() - millis(25) + Duration::from_nanos(1), Some(0)),
        (now() + millis(1), None),
    ] {
        let left = file(now() - YEAR, changed).settles_in(now());
        let left = left.map(|left| left.as_millis());
        assert_eq!(left, want, "{changed:?}");
    }
}
