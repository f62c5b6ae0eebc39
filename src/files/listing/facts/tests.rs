//! Tests of `files::listing::facts`.

use std::time::Duration;

use super::*;

fn at(seconds: i64, nanoseconds: u32) -> Option<Moment> {
    Some(Moment {
        seconds,
        nanoseconds,
    })
}

#[test]
fn moments_before_the_epoch_are_rounded_down() {
    let ms = Duration::from_millis;
    for (time, want) in [
        (UNIX_EPOCH, at(0, 0)),
        (UNIX_EPOCH + ms(1_500), at(1, 500_000_000)),
        (UNIX_EPOCH - ms(1), at(-1, 999_000_000)),
        (UNIX_EPOCH - ms(1_000), at(-1, 0)),
        (UNIX_EPOCH - ms(1_500), at(-2, 500_000_000)),
    ] {
        assert_eq!(Some(Moment::of(time)), want);
    }
}

#[test]
fn what_is_kept_comes_back() {
    for len in [None, Some(0), Some(1), Some(u64::MAX - 1)] {
        for modified in [
            None,
            at(0, 0),
            at(i64::MIN, 0),
            at(i64::MAX, 999_999_999),
            at(-1, 1),
        ] {
            let facts = Facts { len, modified };
            assert_eq!(Facts::from_bytes(&facts.to_bytes()), facts);
        }
    }
}

#[test]
fn prefixes_grow_with_what_they_stand_for() {
    let far = 300 * 365 * 86_400;
    let moments = [
        None,
        at(i64::MIN, 0),
        at(-far, 0),
        at(-2, 5),
        at(-1, 0),
        at(-1, 9),
        at(0, 0),
        at(0, 1),
        at(7, 0),
        at(far, 0),
        at(far, 1),
        at(i64::MAX, 0),
    ];
    let of = |modified| {
        Facts {
            len: None,
            modified,
        }
        .time_prefix()
    };
    assert!(moments.is_sorted());
    assert!(moments.map(of).is_sorted());
    assert!(of(at(-1, 0)) < of(at(-1, 9)) && of(at(0, 0)) < of(at(0, 1)));
    assert!(of(None) < of(at(i64::MIN, 0)));
    let lens = [None, Some(0), Some(1), Some(u64::MAX - 1)];
    let of = |len| {
        Facts {
            len,
            modified: None,
        }
        .len_prefix()
    };
    assert!(lens.map(of).windows(2).all(|pair| pair[0] < pair[1]));
}
