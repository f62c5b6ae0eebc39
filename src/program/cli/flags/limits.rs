//! Options that set a time or a count.

use crate::cli::Config;
use crate::cli::flag::{Act, Flag, put};
use crate::cli::values::{count, head_bytes, seconds, text};

pub(super) const LIMITS: &[Flag] = &[
    Flag {
        long: "--header-timeout",
        short: "",
        values: &["SECS"],
        default: "20",
        help: "time to send a whole request head; 0 = no limit",
        more: "Answered 408 if it passes; a peer that sent nothing is closed without an answer. \
               Seconds may have a fraction, here and below.",
        act: Act::Set(|config, values| {
            put(
                &mut config.limits.head_time,
                text(&values[0]).and_then(seconds),
            )
        }),
    },
    Flag {
        long: "--idle-timeout",
        short: "",
        values: &["SECS"],
        default: "15",
        help: "time an idle connection is kept between requests; 0 = no limit",
        more: "Peers are told a second less (Keep-Alive), and nothing where that is none.",
        act: Act::Set(|config, values| {
            put(
                &mut config.limits.idle_time,
                text(&values[0]).and_then(seconds),
            )
        }),
    },
    Flag {
        long: "--stall-timeout",
        short: "",
        values: &["SECS"],
        default: "300",
        help: "time without progress before a response is cut; 0 = no limit",
        more: "Progress is what the peer acknowledges, so that one which is slow, or pauses, is \
               not cut. Where others wait for a connection it has 30 seconds. A request body has \
               30 seconds as well, or this time if it is shorter.",
        act: Act::Set(|config, values| {
            put(
                &mut config.limits.stall_time,
                text(&values[0]).and_then(seconds),
            )
        }),
    },
    Flag {
        long: "--min-rate",
        short: "",
        values: &["BYTES"],
        default: "500 for request bodies, 0 for responses",
        help: "least bytes a second, over any 30 seconds, that a peer must send of a request body, \
               and take of a response; 0 = no limit",
        more: "A slower body is answered 408, a slower reader is cut. What counts is what the \
               peer's system acknowledges, and the time in which a script reads or writes nothing \
               does not. Systems acknowledge in pieces: below some thousand bytes a second, \
               readers that are fast enough are cut. So are players that pause.",
        act: Act::Set(|config, values| {
            let rate = text(&values[0]).and_then(count)? as u64;
            put(&mut config.limits.body_rate_min, Ok(rate))?;
            put(&mut config.limits.response_rate_min, Ok(rate))
        }),
    },
    Flag {
        long: "--max-connections",
        short: "",
        values: &["N"],
        default: "4096",
        help: "most connections at once, 0 = as many as there are descriptors for",
        more: "Past it a connection that moves nothing is closed, first of the address that has \
               most: an idle one, one inside a head for 2 seconds, a response that is not taken \
               for 30. If there is none, new ones wait. Memory is bounded \
               by it, see --limits; where it is small, so is the memory for listings: 64 KiB of \
               names for each connection, up to 8 MiB.",
        act: Act::Set(|config, values| {
            put(
                &mut config.limits.connections_max,
                text(&values[0]).and_then(count),
            )
        }),
    },
    Flag {
        long: "--per-peer",
        short: "",
        values: &["N"],
        default: "0",
        help: "most connections at once of one address, 0 = as many as --max-connections",
        more: "Past it new ones are closed without a word; the log tells how many, once a second \
               at most. Of IPv6 the first 64 bits count. Trusted proxies and peers of \
               Unix sockets may have any number; a connection that only waits for its peer to \
               close it does not count. A browser opens six at once, and many people may \
               share an address.",
        act: Act::Set(|config, values| {
            put(
                &mut config.limits.connections_per_peer_max,
                text(&values[0]).and_then(count),
            )
        }),
    },
    Flag {
        long: "--max-head",
        short: "",
        values: &["BYTES"],
        default: "65535",
        help: "longest request head, in bytes; at most 65535",
        more: "Past it a request is answered 431.",
        act: Act::Set(|config, values| {
            put(
                &mut config.limits.head_bytes_max,
                text(&values[0]).and_then(head_bytes),
            )
        }),
    },
    Flag {
        long: "--max-target",
        short: "",
        values: &["BYTES"],
        default: "16384",
        help: "longest request target (path and query), in bytes",
        more: "Past it a request is answered 414. A name of 4,096 bytes takes 12 KiB when each of \
               them is escaped.",
        act: Act::Set(|config, values| {
            put(
                &mut config.limits.target_bytes_max,
                text(&values[0]).and_then(head_bytes),
            )
        }),
    },
];

/// Whether what is one address's is less than what there is.
pub fn check(config: &Config) -> Result<(), String> {
    let limits = &config.limits;
    let each = limits.connections_per_peer_max as u64;
    let all = limits.connections_max as u64;
    share("--per-peer", each, "--max-connections", all)
}

/// Whether `each` leaves something of `all` to others; 0 are any number.
pub(super) fn share(name: &str, each: u64, all_name: &str, all: u64) -> Result<(), String> {
    const PART: u64 = 8;
    if each == 0 || all == 0 || each < all {
        return Ok(());
    }
    let less = match all {
        1 => format!("more than one of those: {all_name} 2"),
        _ => format!("type less: {name} {}", (all / PART).max(1)),
    };
    Err(format!(
        "argument {name}: one address could take all of {all_name}, {all} ({less})"
    ))
}
