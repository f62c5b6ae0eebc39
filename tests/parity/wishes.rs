//! What peers wish for by fields that Python does not read: without the options that read them, it
//! changes nothing.

use super::support::Reply;
use super::{is_listing, pair, site};

/// What peers say of what they would rather have, and of where they come from: Python reads none of
/// it.
const WISHES: &[&str] = &[
    "Accept-Encoding: gzip, deflate, br, zstd\r\n",
    "Accept-Encoding: identity;q=0, *;q=0\r\n",
    "Accept: text/markdown\r\n",
    "Accept: text/html;q=0\r\n",
    "Origin: https://a.example\r\n",
    "Origin: null\r\nAccess-Control-Request-Method: PUT\r\n",
];

/// Fields that Python's answers do not always have.
const OWN_FIELDS: &[&str] = &[
    "ETag",
    "Accept-Ranges",
    "Connection",
    "Content-Length",
    "Date",
];

/// Targets at which an option would serve something else: a form, a page in Markdown, the page of
/// an application, one without its extension, and what would be hidden.
const WISHED: &[&str] = &[
    "/coded.css",
    "/coded.css.gz",
    "/alone.css",
    "/page.html",
    "/page",
    "/marked/",
    "/none",
    "/.hidden",
    "/dir/",
];

#[test]
fn with_no_option_for_it_nothing_is_negotiated() {
    let site = site();
    for name in ["coded.css", "coded.css.br", "coded.css.gz", "alone.css.gz"] {
        site.file(name, name);
    }
    for name in ["page.html", "page.md", "marked/index.md", "index.txt"] {
        site.file(name, name);
    }
    for protocol in ["HTTP/1.0", "HTTP/1.1"] {
        let Some(pair) = pair(&site, protocol) else {
            return;
        };
        for target in WISHED {
            for method in ["GET", "HEAD"] {
                let (python, usual) = pair.ask(method, target.as_bytes(), "");
                for (name, value) in &usual.headers {
                    // JSON is for those who ask for it.
                    let is_listings = name == "Vary" && value == "Accept";
                    let is_known = python.header(name).is_some()
                        || OWN_FIELDS.contains(&&**name)
                        || (is_listings && is_listing(&python, target.as_bytes()));
                    assert!(is_known, "{method} {target}: {name}: {value}");
                }
                for fields in WISHES {
                    pair.assert_same(method, target.as_bytes(), fields);
                    let (_, wished) = pair.ask(method, target.as_bytes(), fields);
                    let about = format!("{method} {target} {fields:?}");
                    assert_eq!(without_date(&wished), without_date(&usual), "{about}");
                }
            }
        }
    }
}

/// The fields of an answer, all but when it was made.
fn without_date(reply: &Reply) -> Vec<&(String, String)> {
    let fields = reply.headers.iter();
    fields.filter(|(name, _)| name != "Date").collect()
}
