//! Tests of `files::listing::order`.

use super::*;

#[test]
fn a_query_says_the_order_and_nothing_else_counts() {
    let order = |key, is_descending, directories_first| Order {
        key,
        is_descending,
        directories_first,
    };
    for (query, want) in [
        (None, order(SortKey::Usual, false, false)),
        (Some(""), order(SortKey::Usual, false, false)),
        (Some("sort=name"), order(SortKey::Name, false, false)),
        (Some("sort=size"), order(SortKey::Size, false, false)),
        (Some("sort=time"), order(SortKey::Time, false, false)),
        (
            Some("sort=time&order=desc"),
            order(SortKey::Time, true, false),
        ),
        (
            Some("order=desc&sort=time"),
            order(SortKey::Time, true, false),
        ),
        (
            Some("sort=size&order=asc"),
            order(SortKey::Size, false, false),
        ),
        (Some("dirs=first"), order(SortKey::Usual, false, true)),
        (Some("order=desc"), order(SortKey::Usual, true, false)),
        (
            Some("sort=name&order=desc&dirs=first"),
            order(SortKey::Name, true, true),
        ),
        // The last one counts, but only if it is one.
        (
            Some("sort=size&sort=time"),
            order(SortKey::Time, false, false),
        ),
        (Some("sort=size&sort=x"), order(SortKey::Size, false, false)),
        (
            Some("order=desc&order=asc"),
            order(SortKey::Usual, false, false),
        ),
        (Some("%73ort=%6eame"), order(SortKey::Name, false, false)),
        (Some("x=1&&sort=name&"), order(SortKey::Name, false, false)),
        (Some("SORT=name"), order(SortKey::Usual, false, false)),
        (Some("sort=Name"), order(SortKey::Usual, false, false)),
        (Some("sort=name=size"), order(SortKey::Usual, false, false)),
        (Some("sort"), order(SortKey::Usual, false, false)),
        (Some("sort="), order(SortKey::Usual, false, false)),
        (
            Some("sort=name;order=desc"),
            order(SortKey::Usual, false, false),
        ),
        (Some(" sort=name"), order(SortKey::Usual, false, false)),
        (Some("sort=name%00"), order(SortKey::Usual, false, false)),
        (Some("sort=%6"), order(SortKey::Usual, false, false)),
        (Some("dirs=last"), order(SortKey::Usual, false, false)),
        (Some("C=M;O=D"), order(SortKey::Usual, false, false)),
    ] {
        assert_eq!(Order::parse(query.map(str::as_bytes)), want, "{query:?}");
    }
}

#[test]
fn names_alone_tell_the_order_unless_asked_for_more() {
    for (query, needs_facts) in [
        ("", false),
        ("sort=name&order=desc", false),
        ("sort=size", true),
        ("sort=time", true),
        ("dirs=first", true),
    ] {
        let order = Order::parse(Some(query.as_bytes()));
        assert_eq!(order.needs_facts(), needs_facts, "{query}");
    }
}
