//! What an answer depends on.

use super::Response;
use crate::http::grammar::same_word;

impl Response {
    /// Says that the answer varies with a field of the request (`Vary`, RFC 9110 section 12.5.5),
    /// unless it does already: caches keep what others get apart by it.
    ///
    /// ```
    /// # use sprat::{Response, Status};
    /// let mut response = Response::new(Status::OK).header("Vary", "Origin, accept-encoding");
    /// response.vary("Accept-Encoding");
    /// assert_eq!(response.headers().count(), 1);
    /// ```
    pub fn vary(&mut self, name: &str) {
        let is_said = |other: &[u8]| {
            let other = other.trim_ascii();
            other == b"*" || same_word(other, name)
        };
        let mut fields = self.headers();
        let is_said = fields.any(|(other, value)| {
            same_word(other, "Vary") && value.split(|&byte| byte == b',').any(is_said)
        });
        drop(fields);
        if !is_said {
            self.add_header("Vary", name.to_owned());
        }
    }
}
