//! Tests of which fields a file has.

use super::*;

fn fields(rules: &[(&str, &str, &str)], path: &str) -> Vec<String> {
    let mut all = HeaderRules::default();
    for (glob, name, value) in rules {
        all.add(glob, (*name).into(), (*value).into()).unwrap();
    }
    let fixed = all.of(path.as_bytes());
    let fields = fixed.iter().flat_map(|fields| fields.iter());
    fields
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
        .collect()
}

#[test]
fn the_last_match_of_a_name_counts_and_some_names_add_up() {
    let rules = &[
        ("/**/*", "Cache-Control", "no-cache"),
        ("/**/*", "Link", "</a>"),
        ("/assets/**/*", "cache-control", "immutable"),
        ("/**/*.js", "Link", "</b>"),
        ("/**/*.js", "Content-Security-Policy", "a"),
        ("/**/*.js", "content-security-policy", "b"),
        ("/x.js", "Cache-Control", "no-store"),
        ("/x.js", "Cache-Control", "private"),
    ];
    let own = |path| fields(rules, path);
    assert_eq!(
        own("/index.html"),
        ["Cache-Control: no-cache", "Link: </a>"]
    );
    assert_eq!(
        own("/assets/a.css"),
        ["Link: </a>", "cache-control: immutable"]
    );
    assert_eq!(
        own("assets/a.js"),
        [
            "Link: </a>",
            "cache-control: immutable",
            "Link: </b>",
            "Content-Security-Policy: a",
            "content-security-policy: b",
        ]
    );
    assert_eq!(own("/x.js")[4], "Cache-Control: private");
    assert_eq!(fields(&[("/a", "X-A", "1")], "/b"), [""; 0]);
    assert_eq!(fields(&[], "/b"), [""; 0]);
}

#[test]
fn what_only_the_server_writes_is_refused() {
    let refused = |glob: &str, name: &str, value: &str| {
        let mut rules = HeaderRules::default();
        let error = rules.add(glob, name.into(), value.into()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    };
    refused("*.js", "X-A", "1");
    refused("/*.js", "X A", "1");
    refused("/*.js", "X-A", "1\n2");
    for name in [
        "Content-Length",
        "etag",
        "Last-Modified",
        "Content-Type",
        "Date",
    ] {
        refused("/*.js", name, "1");
    }
}
