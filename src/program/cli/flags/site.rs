//! Options about the pages of other origins, and about hosts.

use std::mem;

use crate::cli::flag::{Act, Flag};
use crate::cli::values::{allowed_host, cors, text};

pub(super) const SITE: &[Flag] = &[
    Flag {
        long: "--cors",
        short: "",
        values: &["[=ORIGIN]"],
        default: "",
        help: "let pages of other origins read all answers: of every origin, or of this one; may \
               be repeated",
        more: "ORIGIN is a scheme, a host and perhaps a port (--cors=https://example.org); without \
               it, every origin is meant. Errors can be read as well, and length, range and ETag. \
               Preflights (OPTIONS) are answered for whatever method and fields they name, also in \
               place of scripts; a script's own Access-Control-Allow-Origin stays. Neither \
               credentials nor private networks are allowed.",
        act: Act::Set(|config, values| {
            let origin = values.first().map_or(Ok("*"), |value| text(value))?;
            config.policy = cors(&config.policy, origin)?;
            Ok(())
        }),
    },
    Flag {
        long: "--isolate",
        short: "",
        values: &[],
        default: "",
        help: "isolate pages from other origins, as SharedArrayBuffer and threads need it",
        more: "Sends Cross-Origin-Opener-Policy: same-origin, Cross-Origin-Embedder-Policy: \
               require-corp and Cross-Origin-Resource-Policy: same-origin, with --cors \
               cross-origin, unless a script says otherwise.",
        act: Act::Set(|config, _| {
            config.policy = mem::take(&mut config.policy).isolate();
            Ok(())
        }),
    },
    Flag {
        long: "--allow-host",
        short: "",
        values: &["NAME"],
        default: "all hosts",
        help: "answer for this host only; may be repeated",
        more: "Requests for another one are answered 421, so that no page can read the site under \
               a name of its own (DNS rebinding). A port, case and a dot at the end do not count; \
               HTTP/1.0 without Host is served, and so are localhost and loopback addresses on \
               such an address.",
        act: Act::Set(|config, values| {
            let name = text(&values[0])?;
            config.policy = allowed_host(&config.policy, name)?;
            Ok(())
        }),
    },
];
