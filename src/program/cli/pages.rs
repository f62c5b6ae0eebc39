//! Tests of what is shown: help, the manual page and README agree with the table of options, and
//! with each other.

use super::flag::PORT;
use super::flags::flags;
use super::tests::{os, serve};
use super::*;

#[test]
fn the_defaults_shown_are_the_defaults() {
    #[cfg(feature = "cgi")]
    let on = ["--cgi"];
    #[cfg(not(feature = "cgi"))]
    let on: [&str; 0] = [];
    let default = format!("{:?}", serve(os(&on)));
    for flag in flags().filter(|flag| flag.values.len() == 1) {
        if flag.default.is_empty() || flag.default.contains(' ') {
            continue;
        }
        let args = [&on[..], &[flag.long, flag.default]].concat();
        assert_eq!(format!("{:?}", serve(os(&args))), default, "{args:?}");
    }
    let default = Config {
        has_port: true,
        ..Config::default()
    };
    let with_port = serve(os(&[PORT.default]));
    assert_eq!(format!("{with_port:?}"), format!("{default:?}"));
}

#[test]
fn names_are_dashed_and_unique() {
    let mut names: Vec<&str> = flags().flat_map(|flag| [flag.long, flag.short]).collect();
    names.retain(|name| !name.is_empty());
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for flag in flags() {
        assert!(flag.long.starts_with("--"), "{}", flag.long);
        assert!(
            flag.short.is_empty() || flag.short.len() == 2,
            "{}",
            flag.short
        );
        assert!(!flag.help.ends_with('.'), "{}", flag.help);
    }
}

#[test]
fn help_and_manual_name_every_option() {
    let (help, man) = (help(), man());
    for flag in flags() {
        assert!(help.contains(flag.long), "{}", flag.long);
        assert!(
            man.contains(&flag.long.replace('-', "\\-")),
            "{}",
            flag.long
        );
    }
    assert!(help.starts_with("usage: sprat [-h]"));
    for line in help.lines() {
        assert!(line.len() <= 80 && line.trim_end() == line, "{line:?}");
    }
    for line in man.lines() {
        let known = [".TH", ".SH", ".SS", ".TP", ".B", ".BR"];
        let request = line.split(' ').next().unwrap();
        assert!(
            !line.starts_with(['.', '\'']) || known.contains(&request),
            "{line:?}"
        );
    }
}

/// The lines that begin with `sprat` in README's blocks of shell, up to a comment or a pipe.
#[test]
#[cfg(feature = "cgi")]
fn readme_has_command_lines_that_are_understood() {
    let readme = include_str!("../../../README.md").replace("\\\n", "");
    let blocks = readme.split("```").skip(1).step_by(2);
    let shell = blocks.filter_map(|block| block.strip_prefix("sh\n"));
    let lines: Vec<&str> = shell.flat_map(str::lines).collect();
    for line in render::example_lines() {
        let is_it = |l: &&str| l.split(" #").next().is_some_and(|l| l.trim_end() == line);
        assert!(lines.iter().any(is_it), "README's tour has no {line:?}");
    }
    let own = lines.iter().filter_map(|line| line.strip_prefix("sprat"));
    let mut count = 0;
    for line in own {
        let end = line.find(['#', '|', '&']).unwrap_or(line.len());
        let words = line[..end].split_whitespace();
        // A directory that is here.
        let words = words.map(|word| word.trim_matches('\'').replace("public", "src"));
        let args = words.map(OsString::from).collect();
        assert!(parse(args).is_ok(), "sprat{line}");
        count += 1;
    }
    assert!(count > 10, "{count} lines");
}

#[cfg(feature = "cgi")]
const BEGIN: &str = "<!-- options: begin -->\n";
#[cfg(feature = "cgi")]
const END: &str = "<!-- options: end -->";

/// `UPDATE_README=1 cargo test readme` writes the table.
#[test]
#[cfg(feature = "cgi")]
fn readme_has_the_table_of_options() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect(BEGIN);
    let (table, after) = rest.split_once(END).expect(END);
    let want = render::readme_table();
    if table != want && std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path, [before, BEGIN, &want, END, after].concat()).unwrap();
        return;
    }
    assert!(
        table == want,
        "README.md's table of options is not the program's. Run `UPDATE_README=1 cargo test \
         readme`, or put this between the markers:\n{want}"
    );
}
