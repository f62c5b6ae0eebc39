//! Tests of `testing::doors::framing`.

use super::*;

#[test]
fn seeds_of_request_parser_hold() {
    replay("request_parser", request_parser);
}

#[test]
fn seeds_of_chunked_decoder_hold() {
    replay("chunked_decoder", chunked_decoder);
}

#[test]
fn seeds_of_paths_ranges_and_tags_hold() {
    use crate::testing::doors::paths::{check_etag_list, check_range_header, check_target};
    replay("range_header", check_range_header);
    replay("path_resolve", check_target);
    replay("etag_list", check_etag_list);
}

#[test]
#[should_panic(expected = "a byte at a time")]
fn a_parser_that_minds_how_its_input_is_cut_is_caught() {
    feed_every_way(b"ab", |pieces| Outcome::<usize>::Complete {
        value: pieces.len(),
        consumed: 2,
    });
}

#[test]
#[should_panic(expected = "with \\x00 after it")]
fn a_parser_that_takes_what_follows_is_caught() {
    feed_every_way(b"ab", |pieces| {
        let consumed = pieces.concat().len();
        match consumed {
            0 | 1 => Outcome::<()>::Incomplete,
            _ => Outcome::Complete {
                value: (),
                consumed,
            },
        }
    });
}
