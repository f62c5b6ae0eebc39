//! Tests of `http::limits`.

use super::*;

#[test]
fn defaults_fit_into_each_other() {
    let limits = Limits::default();
    assert!(limits.head_bytes_max <= HEAD_BYTES_CEILING);
    let line_bytes_max = limits.target_bytes_max + REQUEST_LINE_EXTRA_BYTES_MAX;
    assert!(line_bytes_max < limits.head_bytes_max);
    assert!(limits.idle_time <= limits.head_time);
}

#[test]
fn limits_past_what_can_be_are_within_bounds_once() {
    let wanted = Limits {
        head_bytes_max: usize::MAX,
        target_bytes_max: usize::MAX,
        ..Limits::default()
    };
    let limits = wanted.within_bounds();
    assert_eq!(limits.head_bytes_max, HEAD_BYTES_CEILING);
    assert_eq!(limits.target_bytes_max, HEAD_BYTES_CEILING);
    assert_eq!(wanted.memory(), limits.memory());
}

const README: &str = include_str!("../../../README.md");
const GUIDE: &str = include_str!("../../guide.md");

#[test]
fn the_guide_has_the_defaults() {
    let limits = Limits::default();
    for (field, value) in [
        ("head_bytes_max", size(limits.head_bytes_max)),
        ("target_bytes_max", size(limits.target_bytes_max)),
        ("body_bytes_max", "none".into()),
        ("connections_max", limits.connections_max.to_string()),
        (
            "connections_per_peer_max",
            no_limit(limits.connections_per_peer_max),
        ),
        ("body_rate_min", limits.body_rate_min.to_string()),
        ("response_rate_min", limits.response_rate_min.to_string()),
        ("head_time", time(limits.head_time)),
        ("idle_time", time(limits.idle_time)),
        ("stall_time", time(limits.stall_time)),
    ] {
        let row = format!("\n| `{field}` | {value} | ");
        assert!(GUIDE.contains(&row), "the guide should have{row}");
    }
}

fn size(bytes: usize) -> String {
    match bytes {
        HEAD_BYTES_CEILING => "65,535 B".into(),
        _ if bytes >= KIB * KIB * KIB => format!("{} GiB", bytes / (KIB * KIB * KIB)),
        _ if bytes >= KIB * KIB => format!("{} MiB", bytes / (KIB * KIB)),
        _ if bytes >= KIB => format!("{} KiB", bytes / KIB),
        _ => format!("{bytes} B"),
    }
}

fn no_limit(count: usize) -> String {
    match count {
        0 => "none".into(),
        most => most.to_string(),
    }
}

fn time(time: Duration) -> String {
    format!("{} s", time.as_secs())
}

/// Rows of README's table: what is limited, and how far. Here those of what is received.
fn rows_of_requests(limits: &Limits) -> Vec<(&'static str, String)> {
    let rate = limits.body_rate_min;
    let each = no_limit(limits.connections_per_peer_max);
    let [line, block] = [PROXY_LINE_BYTES_MAX, PROXY_HEADER_BYTES_MAX].map(size);
    vec![
        ("a request head", size(limits.head_bytes_max)),
        ("a request target", size(limits.target_bytes_max)),
        ("connections at once", limits.connections_max.to_string()),
        ("connections of one peer at once (`--per-peer`)", each),
        ("time for a whole head", time(limits.head_time)),
        ("time between requests", time(limits.idle_time)),
        ("a response without progress", time(limits.stall_time)),
        ("a request body without progress", time(BODY_TIME)),
        (
            "a request body's rate",
            format!("{rate} bytes a second over {}", time(RATE_TIME)),
        ),
        ("a reader's rate, as `--min-rate` sets it", "none".into()),
        ("fields in a head", FIELDS_MAX.to_string()),
        ("a PROXY header, version 1; 2", format!("{line}; {block}")),
        ("a chunk-size line", size(CHUNK_LINE_BYTES_MAX)),
        ("chunk extensions of a body", size(CHUNK_EXT_BYTES_MAX)),
        ("trailers of a body", size(TRAILER_BYTES_MAX)),
        (
            "parts of a form with files, for programs that embed",
            FORM_PARTS_MAX.to_string(),
        ),
        (
            "the head of such a part",
            format!("{}, {FORM_FIELDS_MAX} fields", size(FORM_HEAD_BYTES_MAX)),
        ),
    ]
}

#[test]
fn readme_has_the_defaults() {
    let limits = Limits::default();
    let (silent, most) = (time(LINGER_TIME), time(LINGER_TIME_MAX));
    let room = format!("{}; {}", time(SHED_HEAD_TIME), time(SHED_STALL_TIME));
    let lap = format!("{} for one more request", time(DRAIN_LAP_TIME));
    let linger = format!("{silent} without a byte, {most} in all");
    let mut rows = rows_of_requests(&limits);
    rows.extend([
        ("ranges in an answer, after merging", RANGES_MAX.to_string()),
        (
            "field names that a preflight (CORS) asks for",
            size(PREFLIGHT_BYTES_MAX),
        ),
        (
            "unread body swallowed to keep a connection",
            size(DISCARD_BYTES_MAX as usize),
        ),
        ("when there is no room: a head; a stalled response", room),
        ("a connection just used, when a drain begins", lap),
        ("a guest in `--health`'s place", time(HEALTH_GUEST_TIME)),
        ("a closing connection that lingers", linger),
        ("response bytes waiting for a peer", size(OUT_BYTES_MAX)),
        ("written to one connection in a turn", size(WRITE_BUDGET)),
        ("moved for all connections in a turn", size(TURN_BYTES_MAX)),
        (
            "steps of a body's source that give no byte, in a row",
            STEPS_MAX.to_string(),
        ),
        (
            "a file with a tag of its content (`--etag content`)",
            size(HASHED_BYTES_MAX as usize),
        ),
        (
            "files hashed for these at once; for peers that have left",
            format!("{HASHED_FILES_MAX}; {}", time(HASHED_LEFT_TIME)),
        ),
        ("directory listings in progress", LISTINGS_MAX.to_string()),
        ("a listing made at once", size(LISTING_WHOLE_BYTES_MAX)),
        (
            "names that all listings sort together",
            size(LISTING_NAME_BYTES_MAX),
        ),
    ]);
    for (what, value) in &rows {
        let row = format!("\n| {what} | {value} |");
        assert!(README.contains(&row), "README.md should have{row}");
    }
    assert_eq!(limits.body_bytes_max, u64::MAX);
    assert_eq!(limits.response_rate_min, 0);
    let (_, table) = README.split_once("\n## Limits\n").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    // A header, a rule, two without a number; three of the log, that of leases, that of SIGTERM,
    // four of processes and ten of scripts, which have tests of their own.
    let others = 22;
    assert_eq!(table.matches("\n| ").count(), rows.len() + others);
}
