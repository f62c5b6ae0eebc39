//! Tests of `program::cli::scripts`.

use super::super::flag::Act;
use super::super::flags::flags;
use super::super::parse;
use super::*;

fn error(args: &[&str]) -> Option<String> {
    let args = args.iter().map(OsString::from).collect();
    parse(args).err().map(|error| error.to_string())
}

#[test]
fn options_for_scripts_need_scripts() {
    for (args, typed) in [
        (&["--cgi-env", "A=b"][..], "--cgi-env A=b"),
        (&["--cgi-env", "A=b c"], "--cgi-env 'A=b c'"),
        (&["--cgi-env=A"], "--cgi-env A"),
        (&["--cgi-timeout", "3"], "--cgi-timeout 3"),
        (&["--cgi-max", "3"], "--cgi-max 3"),
        (&["--cgi-user", "www"], "--cgi-user www"),
        (&["--cgi-pass-authorization"], "--cgi-pass-authorization"),
        (&["--cgi-pass"], "--cgi-pass-authorization"),
        (&["--cgi-setuid"], "--cgi-setuid"),
        (&["--max-body", "3"], "--max-body 3"),
        (&["--spool-max", "3"], "--spool-max 3"),
        (&["--limits", "--cgi-max", "3"], "--cgi-max 3"),
    ] {
        let (option, _) = typed.split_once(' ').unwrap_or((typed, ""));
        let want = format!(
            "argument {option}: scripts are run with --cgi only (type sprat --cgi {typed})"
        );
        assert_eq!(error(args), Some(want), "{args:?}");
        for on in [&["--cgi"][..], &["--cgi-directories", "/x"]] {
            assert_eq!(error(&[args, on].concat()), None, "{args:?}");
            assert_eq!(error(&[on, args].concat()), None, "{args:?}");
        }
    }
}

#[test]
fn where_scripts_are_is_no_path_on_disk() {
    let place = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(place.path()).unwrap();
    fs::create_dir_all(root.join("a/cgi-bin")).unwrap();
    let (root, disk) = (root.to_str().unwrap(), root.join("a/cgi-bin"));
    let disk = disk.to_str().unwrap();
    let said = error(&["-d", root, "--cgi-directories", disk]).unwrap();
    let hint = "(--cgi-directories /a/cgi-bin)";
    assert!(said.contains(disk) && said.ends_with(hint), "{said}");
    for list in ["/a/cgi-bin", "a/cgi-bin", "/none", "/tmp", "/"] {
        assert_eq!(
            error(&["-d", root, "--cgi-directories", list]),
            None,
            "{list}"
        );
    }
}

#[test]
fn every_option_of_the_section_is_held_to_it() {
    for flag in flags().filter(|flag| matches!(flag.act, Act::Set(_))) {
        let mut noted = ForScripts::default();
        noted.note(flag, &[]);
        let named = ["--cgi", "--max-body", "--spool-max"];
        let for_scripts = named.iter().any(|name| flag.long.starts_with(name));
        let refused = noted.check(&Config::default()).is_err();
        assert_eq!(refused, for_scripts, "{}", flag.long);
    }
}

#[test]
fn scripts_are_not_locked_in_a_sandbox() {
    let want = "argument --sandbox: scripts would be in it, too (leave out --cgi, or --sandbox)";
    for args in [["--sandbox", "on", "--cgi"], ["--cgi", "--sandbox", "on"]] {
        assert_eq!(error(&args).as_deref(), Some(want));
    }
    for mode in ["auto", "off"] {
        assert_eq!(error(&["--cgi", "--sandbox", mode]), None);
    }
    assert_eq!(error(&["--sandbox", "on"]), None);
}
