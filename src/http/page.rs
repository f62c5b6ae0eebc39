//! The stock error page, as Python's `http.server` sends it, and HTML escaping.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::OnceLock;

use super::status::Status;

/// The error page of Python 3.14 up to the code, with a line for phones; UTF-8, LF line ends.
const OPENING: &str = "\
<!DOCTYPE HTML>
<html lang=\"en\">
    <head>
        <meta charset=\"utf-8\">
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
        <style type=\"text/css\">
            :root {
                color-scheme: light dark;
            }
        </style>
        <title>Error response</title>
    </head>
    <body>
        <h1>Error response</h1>
        <p>Error code: ";

/// Its end, after the explanation.
const CLOSING: &str = ".</p>
    </body>
</html>
";

/// [`error_page`] as bytes: that of a missing file, which scanners ask for by the thousand, is made
/// once.
pub fn error_page_bytes(status: Status, message: &str, explain: &str) -> Cow<'static, [u8]> {
    static MISSING: OnceLock<String> = OnceLock::new();
    const STATUS: Status = Status::NOT_FOUND;
    if (status, message) == (STATUS, MISSING_FILE) && explain == STATUS.explain() {
        let page = MISSING.get_or_init(|| error_page(status, message, explain));
        return page.as_bytes().into();
    }
    error_page(status, message, explain).into_bytes().into()
}

/// What the page of a missing file says.
pub const MISSING_FILE: &str = "File not found";

/// The page for an error: UTF-8, LF line ends. `message` and `explain` are escaped here.
pub fn error_page(status: Status, message: &str, explain: &str) -> String {
    let fixed_bytes = OPENING.len() + CLOSING.len() + 128;
    let mut page = String::with_capacity(fixed_bytes + message.len() + explain.len());
    let code = status.code();
    page.push_str(OPENING);
    let _ = write!(page, "{code}</p>\n        <p>Message: ");
    escape_html(message, &mut page);
    let _ = write!(page, ".</p>\n        <p>Error code explanation: {code} - ");
    escape_html(explain, &mut page);
    page.push_str(CLOSING);
    page
}

/// Appends `text` with `&`, `<` and `>` escaped, as Python's `html.escape(quote=False)` does.
pub fn escape_html(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            _ => "&gt;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests;
