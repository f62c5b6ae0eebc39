//! Dates, If-Range, local redirects and error pages, held against slow references that share no
//! code with them (RFC 9110 sections 5.6.7 and 13.1.5).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::http::etag::{Etags, FileFacts};
use crate::http::fault::Fault;
use crate::http::head::{Head, find_end, first_line};
use crate::http::limits::Limits;
use crate::http::method::Method;
use crate::http::page::error_page;
use crate::http::reroute::with_target;
use crate::http::validators::{Validators, http_date, parse_date, range_holds};

/// Fuzz target: a date is what the reference makes of it, and written again it is the same time.
pub fn check_http_date(value: &[u8]) {
    let date = parse_date(value);
    let seconds = date.map(|date| date.duration_since(UNIX_EPOCH).expect("1970 or later"));
    assert_eq!(seconds.map(|since| since.as_secs()), reference_date(value));
    if let Some(date) = date {
        let written = http_date(date).expect("a date that was read can be written");
        assert_eq!(written.len(), 29);
        assert_eq!(parse_date(written.as_bytes()), Some(date));
    }
    // Any eight bytes are a time, most of them none that can be written.
    if let Some((bytes, _)) = value.split_first_chunk() {
        let time = UNIX_EPOCH.checked_add(Duration::from_secs(u64::from_le_bytes(*bytes) >> 20));
        if let Some((time, text)) = time.and_then(|time| Some((time, http_date(time)?))) {
            assert_eq!(parse_date(text.as_bytes()), Some(time));
        }
    }
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

const DAYS: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];

/// Seconds since the epoch: a date in one of the three forms, blanks around it let pass.
fn reference_date(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?;
    if !text.is_ascii() {
        return None;
    }
    let words: Vec<&str> = text.trim().split(' ').collect();
    match words[..] {
        [weekday, day, month, year, time, "GMT"] => {
            let weekday = weekday.strip_suffix(',')?;
            let short = DAYS.iter().position(|name| &name[..3] == weekday)?;
            seconds([day, month, year, time], short, 2, 4)
        }
        [weekday, date, time, "GMT"] => {
            let weekday = weekday.strip_suffix(',')?;
            let long = DAYS.iter().position(|name| *name == weekday)?;
            let [day, month, year] = date.split('-').collect::<Vec<_>>()[..] else {
                return None;
            };
            seconds([day, month, year, time], long, 2, 2)
        }
        [weekday, month, "", day, time, year] => {
            let short = DAYS.iter().position(|name| &name[..3] == weekday)?;
            seconds([day, month, year, time], short, 1, 4)
        }
        [weekday, month, day, time, year] => {
            let short = DAYS.iter().position(|name| &name[..3] == weekday)?;
            seconds([day, month, year, time], short, 2, 4)
        }
        _ => None,
    }
}

/// A number of exactly so many digits.
fn number(text: &str, digits: usize) -> Option<u64> {
    let good = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    good.then(|| {
        text.bytes()
            .fold(0, |n, byte| n * 10 + u64::from(byte - b'0'))
    })
}

fn seconds(
    [day, month, year, time]: [&str; 4],
    weekday: usize,
    day_digits: usize,
    year_digits: usize,
) -> Option<u64> {
    let day = number(day, day_digits)?;
    let month = MONTHS.iter().position(|name| *name == month)?;
    let year = match (number(year, year_digits)?, year_digits) {
        (year, 2) if year < 70 => 2000 + year,
        (year, 2) => 1900 + year,
        (year, _) => year,
    };
    let [hour, minute, second] = time.split(':').collect::<Vec<_>>()[..] else {
        return None;
    };
    let (hour, minute, second) = (number(hour, 2)?, number(minute, 2)?, number(second, 2)?);
    let leap = |year: u64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = |month: usize| match month {
        1 if leap(year) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    };
    let possible = hour < 24 && minute < 60 && second < 60 && year >= 1970;
    if !possible || day == 0 || day > length(month) {
        return None;
    }
    let years: u64 = (1970..year).map(|year| 365 + u64::from(leap(year))).sum();
    let days = years + (0..month).map(length).sum::<u64>() + day - 1;
    (days as usize % 7 == weekday).then_some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// Fuzz target: If-Range holds for the tag of the file, and for the second it was changed in, and
/// for nothing else.
pub fn check_if_range(value: &[u8]) {
    const CHANGED: u64 = 784_111_777;
    let modified = UNIX_EPOCH + Duration::from_secs(CHANGED) + Duration::from_millis(5);
    let holds = |age: Duration| {
        let now = modified + age;
        let file = FileFacts {
            len: 9,
            modified,
            changed: modified,
            inode: 1,
        };
        let validators = Validators::of_file(&file, Etags::Mtime, now, || false);
        let tag = validators.etag.expect("a file has a tag").to_field();
        let named = range_holds([("If-Range", value)].into_iter(), &validators, now);
        let twice = [("If-Range", value), ("if-range", tag.as_bytes())];
        assert!(
            !range_holds(twice.into_iter(), &validators, now),
            "two are none"
        );
        (named, value == tag.as_bytes())
    };
    let (held, is_tag) = holds(Duration::from_secs(60));
    assert_eq!(held, is_tag || reference_date(value) == Some(CHANGED));
    // What may change again in the same second has no strong date, and before its clock has
    // ticked no strong tag.
    let (held, is_tag) = holds(Duration::from_millis(500));
    assert_eq!(held, is_tag);
    let (held, _) = holds(Duration::from_millis(15));
    assert!(!held);
    let never: Option<SystemTime> = None;
    let unknown = Validators {
        etag: None,
        last_modified: never,
    };
    assert!(!range_holds(
        [("If-Range", value)].into_iter(),
        &unknown,
        modified
    ));
}

/// Fuzz target: a head with another target, as a local redirect makes one, is the same head but
/// for its first line and what it says of a body. The target and the head are parted by the first
/// LF.
pub fn check_reroute(input: &[u8]) {
    let at = input.iter().position(|&byte| byte == b'\n');
    let (target, head) = input.split_at(at.map_or(0, |at| at + 1));
    let Ok(target) = std::str::from_utf8(&target[..target.len().saturating_sub(1)]) else {
        return;
    };
    let limits = Limits::default();
    let Some(end) = find_end(head, &mut 0) else {
        return;
    };
    let (Ok(parsed), rerouted) = (
        Head::parse(&head[..end], &limits),
        with_target(&head[..end], target),
    ) else {
        return;
    };
    let possible = target.starts_with('/') && target.bytes().all(|byte| byte.is_ascii_graphic());
    assert_eq!(rerouted.is_some(), possible);
    let Some(rerouted) = rerouted else {
        return;
    };
    assert_eq!(find_end(&rerouted, &mut 0), Some(rerouted.len()));
    match Head::parse(&rerouted, &limits) {
        Ok(other) => {
            let is_head = parsed.method(head) == Method::Head;
            let method = if is_head { Method::Head } else { Method::Get };
            assert_eq!(other.method(&rerouted), method);
            assert_eq!(other.target(&rerouted), target.as_bytes());
            assert_eq!(other.version(), parsed.version());
            let (fields, others) = (parsed.headers(head), other.headers(&rerouted));
            let kept = fields.iter().filter(|(name, _)| !names_body(name));
            assert!(kept.eq(others.iter()));
        }
        Err(fault) => {
            let large = [Fault::TargetTooLong, Fault::HeadTooLarge];
            assert!(large.contains(&fault), "{fault:?}");
        }
    }
}

/// Whether a field of this name is about a request's body.
fn names_body(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("content-")
        || ["expect", "trailer", "transfer-encoding"].contains(&name.as_str())
}

/// Fuzz target: what a request line says is quoted in a message so that it fits a status line, and
/// in a page so that none of it is markup.
pub fn check_error_page(input: &[u8]) {
    let line = first_line(input);
    for fault in [
        Fault::BadRequestLine,
        Fault::BadVersion,
        Fault::VersionUnsupported,
        Fault::BadField,
    ] {
        let message = fault.message(line);
        assert!(message.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        assert!(message.len() < 1000);
        check_page(fault, &message);
    }
    // A handler may say anything.
    check_page(Fault::BadTarget, &String::from_utf8_lossy(input));
}

fn check_page(fault: Fault, message: &str) {
    let status = fault.status();
    let page = error_page(status, message, "x");
    let (_, rest) = page.split_once("<p>Message: ").expect("a message");
    let end = ".</p>\n        <p>Error code explanation: ";
    let (shown, _) = rest.split_once(end).expect("its end");
    assert!(!shown.contains(['<', '>']));
    let back = shown.replace("&lt;", "<").replace("&gt;", ">");
    assert_eq!(back.replace("&amp;", "&"), message);
}

#[cfg(test)]
mod tests;
