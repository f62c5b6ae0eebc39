//! Mistakes in how it is run: behind what, for whom, for how long.

/// The arguments, how the line begins, and how it ends.
pub const RUNNING: &[(&[&str], &str, &str)] = &[
    (
        &["--forwarded-allow-ips=*"],
        "unknown option ",
        "with the proxy's address, such as 10.0.0.0/8)",
    ),
    (
        &["--trust-proxy"],
        "unknown option ",
        "(did you mean --trusted-proxy?)",
    ),
    (
        &["--exit-idle-time", "60"],
        "unknown option \"--exit-idle-time\"",
        "(type sprat --exit-when-idle 600)",
    ),
    (
        &["--one-shot", "-d", "f"],
        "unknown option \"--one-shot\"",
        "(type sprat --once -d FILE)",
    ),
    (
        &["--per-peer", "4096"],
        "argument --per-peer: one address could take all of --max-connections, 4096",
        "(type less: --per-peer 512)",
    ),
    (
        &["--max-connections", "1", "--per-peer", "1"],
        "argument --per-peer: one address could take all of --max-connections, 1",
        "(more than one of those: --max-connections 2)",
    ),
    #[cfg(feature = "cgi")]
    (
        &["--cgi", "--cgi-max", "16", "--cgi-max-per-peer", "16"],
        "argument --cgi-max-per-peer: one address could take all of --cgi-max, 16",
        "(type less: --cgi-max-per-peer 2)",
    ),
    #[cfg(feature = "cgi")]
    (
        &["--cgi", "--spool-max-per-peer", "1073741824"],
        "argument --spool-max-per-peer: one address could take all of --spool-max, ",
        "(type less: --spool-max-per-peer 134217728)",
    ),
    (&["--per-peer", "-1"], "argument --per-peer: ", ""),
    (
        &["--per-peer", "10.0.0.1"],
        "argument --per-peer: \"10.0.0.1\"",
        "",
    ),
    (
        &["--limit-conn", "9"],
        "unknown option \"--limit-conn\"",
        "(type sprat --per-peer N: connections of one address at once)",
    ),
    (
        &["--per-pear", "9"],
        "unknown option \"--per-pear\"",
        "(did you mean --per-peer?)",
    ),
    // The sandbox.
    (
        &["--sandbox", "yes"],
        "argument --sandbox: \"yes\"",
        "none of on, off, auto",
    ),
    (
        &["--no-sandbox"],
        "unknown option \"--no-sandbox\"",
        "sprat --sandbox off",
    ),
    (
        &["--landlock"],
        "unknown option \"--landlock\"",
        "sprat --sandbox on",
    ),
];
