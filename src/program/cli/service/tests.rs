//! What starts and ends the program, on the command line.

use std::time::Duration;

use sprat::UrlPath;

use crate::cli::tests::{os, serve};
use crate::cli::{Action, parse};

#[test]
fn the_end_takes_as_long_as_it_is_told_and_8_seconds_without_a_word() {
    let millis = Duration::from_millis;
    for (args, time, delay) in [
        (&[][..], 8000, 0),
        (&["--drain-timeout", "0.5"], 500, 0),
        (&["--drain-delay", "8"], 8000, 8000),
        (&["--drain-delay=20", "--drain-timeout=20"], 20_000, 20_000),
        // For ever, of which any time is a part.
        (&["--drain-timeout", "0", "--drain-delay", "99"], 0, 99_000),
    ] {
        let config = serve(os(args));
        let got = (config.drain_time, config.drain_delay);
        assert_eq!(got, (millis(time), millis(delay)), "{args:?}");
    }
    let row = "\n| responses under way after `SIGTERM` | 8 s | cut |\n";
    assert!(include_str!("../../../../README.md").contains(row));
    for (args, want) in [
        (
            &["--drain-delay", "8.1"][..],
            "--drain-delay: it is a part of",
        ),
        (
            &["--drain-timeout", "1", "--drain-delay", "2"],
            "--drain-delay: it is a part of",
        ),
        (
            &["--drain-timeout", "-1"],
            "--drain-timeout: \"-1\" is not a time in seconds",
        ),
        (&["--drain-delay", "1m"], "(in seconds: 60)"),
    ] {
        let error = parse(os(args)).unwrap_err().to_string();
        assert!(error.contains(want), "{error}");
    }
}

#[test]
fn processes_are_counted_or_as_many_as_there_are_cores() {
    use crate::cli::values::PROCESSES_MAX;
    assert_eq!(serve(os(&[])).processes, None);
    for (value, want) in [("1", 1), ("2", 2), ("512", PROCESSES_MAX)] {
        assert_eq!(serve(os(&["--processes", value])).processes, Some(want));
    }
    let cores = serve(os(&["--processes", "auto"])).processes;
    assert!(
        cores.is_some_and(|cores| (1..=PROCESSES_MAX).contains(&cores)),
        "{cores:?}"
    );
    let readme = include_str!("../../../../README.md");
    assert!(readme.contains("\n| processes that serve (`--processes`) | one; at most 512 | "));
    for option in [
        &["--exit-when-idle", "9"][..],
        &["--once", "-d", "Cargo.toml"],
    ] {
        let args = [&["--processes", "2"], option].concat();
        let error = parse(os(&args)).unwrap_err().to_string();
        let what = "is about one process (leave --processes out)";
        assert_eq!(error, format!("argument --processes: {} {what}", option[0]));
    }
    for args in [["-j", "4"], ["--workers", "4"], ["--threads", "auto"]] {
        let error = parse(os(&args)).unwrap_err().to_string();
        assert!(
            error.ends_with("(type sprat --processes auto: one for each core)"),
            "{error}"
        );
    }
}

#[test]
fn the_path_of_health_is_that_of_a_url() {
    assert_eq!(serve(os(&[])).health, None);
    for path in ["/healthz", "/%68ealthz", "//x/../healthz"] {
        let want = UrlPath::decode(b"/healthz").ok();
        assert_eq!(serve(os(&["--health", path])).health, want, "{path}");
    }
    for path in ["healthz", "", "/a?b", "/a#b", "/a%00"] {
        let error = parse(os(&["--health", path])).unwrap_err().to_string();
        let what = "is not the path of a URL, such as /healthz";
        assert_eq!(error, format!("argument --health: {path:?} {what}"));
    }
}

#[test]
fn a_check_is_asked_for_alone() {
    for (args, as_proxy) in [
        (&["--check", "http://a/"][..], false),
        (&["--check=http://a/"], false),
        (&["--check=http://a/", "--proxy-protocol"], true),
        (&["--proxy-protocol", "--check", "http://a/"], true),
    ] {
        match parse(os(args)) {
            Ok(Action::Check(url, as_one)) => {
                assert_eq!((&*url.text, as_one), ("http://a/", as_proxy))
            }
            other => panic!("{other:?}"),
        }
    }
    for others in [
        &["-q"][..],
        &["8000"],
        &["--limits"],
        &["--check=http://b/"],
        &["--proxy-protocol", "-q"],
    ] {
        let args = [&["--check=http://a/"], others].concat();
        let error = parse(os(&args)).unwrap_err().to_string();
        assert!(error.contains("nothing is served with it"), "{error}");
    }
}
