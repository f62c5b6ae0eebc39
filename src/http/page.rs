//! The stock error page, as Python's `http.server` sends it, and HTML escaping.

use super::status::Status;

/// The page for an error: UTF-8, LF line ends.
pub fn error_page(status: Status, message: &str, explain: &str) -> String {
    let _ = (message, explain);
    status.code().to_string()
}

/// Appends `text` with `&`, `<` and `>` escaped, as Python's `html.escape(quote=False)` does.
pub fn escape_html(text: &str, out: &mut String) {
    out.push_str(text);
}
