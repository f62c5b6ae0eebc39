//! Tests of `tree::dotfiles`.

use super::is_hidden;

#[test]
fn a_name_with_a_dot_is_hidden_at_any_depth() {
    for (path, want) in [
        ("", false),
        ("a.txt", false),
        ("a./b.", false),
        (".env", true),
        (".git/config", true),
        ("a/.git/config", true),
        ("a/b/.x", true),
        ("..x", true),
        (".well-known", false),
        (".well-known/security.txt", false),
        (".well-known/.secret", true),
        (".well-known/a/.git/b", true),
        ("a/.well-known/b", true),
        (".well-knowns", true),
        (".Well-Known", true),
    ] {
        assert_eq!(is_hidden(path.as_bytes()), want, "{path}");
    }
}
