//! The options of proxies in front.

use sprat::{ForwardedFields, TrustedProxies};

use super::Config;
use super::address::means_all;
use super::flag::{Act, Flag, put};
use super::values::text;

pub const PROXIES: &[Flag] = &[
    Flag {
        long: "--trusted-proxy",
        short: "",
        values: &["CIDR|unix"],
        default: "",
        help: "believe this proxy when it says for whom it asks: an address, a network such as \
               10.0.0.0/8, or whoever comes by a Unix socket; may be repeated",
        more: "Its X-Forwarded-For is read from the right, over trusted addresses to the first \
               that is not, and no further than to what is no address; of X-Forwarded-Proto the \
               rightmost counts, if it is http or https. The log, REMOTE_ADDR, REQUEST_SCHEME and \
               HTTPS=on have what they say. Of everybody else they are fields like any, so only \
               the proxies' own addresses belong here. Redirects name no host, and lead back the \
               way that was taken.",
        act: Act::Set(|config, values| {
            config.proxies = trusted(&config.proxies, text(&values[0])?)?;
            Ok(())
        }),
    },
    Flag {
        long: "--forwarded",
        short: "",
        values: &["x-forwarded|forwarded"],
        default: "x-forwarded",
        help: "the fields in which trusted proxies say it: X-Forwarded-For and X-Forwarded-Proto, \
               or Forwarded (RFC 7239)",
        more: "The other kind never counts: a proxy that does not write it hands on what its own \
               peer has sent.",
        act: Act::Set(|config, values| put(&mut config.forwarded, text(&values[0]).and_then(kind))),
    },
    Flag {
        long: "--proxy-protocol",
        short: "",
        values: &[],
        default: "",
        help: "require of trusted proxies that each connection begins with a header of the PROXY \
               protocol, version 1 or 2, which says whose it is",
        more: "In haproxy that is send-proxy-v2, in nginx's stream proxy_protocol on. The log and \
               REMOTE_ADDR have the client that it tells, SERVER_PORT where that has connected, \
               HTTPS=on if it tells of TLS (send-proxy-v2-ssl). Fields that name others count only \
               if that client is trusted itself. A proxy's own connections (LOCAL, UNKNOWN), such \
               as health checks, have its own address. Without a good one within --header-timeout \
               a trusted peer is closed, with a line in the log; others speak plain HTTP. --check \
               with it sends one.",
        act: Act::Set(|config, _| put(&mut config.proxy_protocol, Ok(true))),
    },
];

/// Whether what was said about proxies goes together.
pub fn check(config: &Config) -> Result<(), String> {
    if !config.proxies.is_empty() {
        return Ok(());
    }
    let said = match config.forwarded {
        // A check goes to a server that trusts whoever asks.
        _ if config.proxy_protocol && config.check.is_none() => "--proxy-protocol",
        ForwardedFields::Forwarded => "--forwarded forwarded",
        _ => return Ok(()),
    };
    let (name, _) = said.split_once(' ').unwrap_or((said, ""));
    Err(format!(
        "argument {name}: nobody is believed without --trusted-proxy \
         (--trusted-proxy 10.0.0.0/8 {said})"
    ))
}

/// The proxies with one more.
fn trusted(proxies: &TrustedProxies, value: &str) -> Result<TrustedProxies, String> {
    let hint = match value {
        "localhost" => "--trusted-proxy 127.0.0.1 --trusted-proxy ::1",
        _ if means_all(value) => "who is trusted can be anybody: name the proxy alone",
        _ => "such as 127.0.0.1, 10.0.0.0/8 or unix; each takes one of its own",
    };
    let trusting = proxies.clone().trust(value);
    trusting.map_err(|error| format!("{error} ({hint})"))
}

fn kind(value: &str) -> Result<ForwardedFields, String> {
    match value {
        "x-forwarded" => Ok(ForwardedFields::XForwarded),
        "forwarded" => Ok(ForwardedFields::Forwarded),
        _ => Err(format!("{value:?} is neither x-forwarded nor forwarded")),
    }
}

#[cfg(test)]
mod tests;
