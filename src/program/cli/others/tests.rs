//! Tests of what the options of other servers are called.

use super::*;
use crate::cli::flags::flags;

#[test]
fn names_of_others_are_none_of_ours_and_unique() {
    let mut names: Vec<&str> = OTHERS
        .iter()
        .flat_map(|(names, _)| names.split(' '))
        .collect();
    for name in &names {
        assert!(name.starts_with('-'), "{name}");
        assert!(
            !flags().any(|f| f.long == *name || f.short == *name),
            "{name}"
        );
        // A beginning of one name is that name, and nobody is told otherwise.
        assert!(
            !flags().any(|f| name.len() > 2 && f.long.starts_with(name)),
            "{name}"
        );
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn what_it_is_called_here_is_told() {
    use crate::cli::{parse, tests::os};
    for (args, end) in [
        (&["--uid", "33"][..], "numbers will do)"),
        (&["--default-type", "a/b"], "(did you mean --content-type?)"),
        (&["--no-keepalive"], ": sprat -p HTTP/1.0)"),
        (&["--proxy-pass=http://h:80"], ": leave it out)"),
        (&["--accept-proxy"], ", with the proxy's address)"),
        (&["--host", "all"], EVERYWHERE),
        (&["--interface", "eth0"], ": ip addr show eth0)"),
        (&["-S", "localhost:80"], "(type sprat -b localhost 80)"),
        (&["-S"], NO_TLS),
        (&["--port=80000"], "(a port is 0 to 65535)"),
    ] {
        let said = parse(os(args)).unwrap_err().to_string();
        assert!(said.starts_with("unknown option"), "{said}");
        assert!(
            said.trim_end_matches(')')
                .ends_with(end.trim_end_matches(')')),
            "{said}"
        );
    }
}
