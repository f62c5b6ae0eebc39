//! Fuzz target of requests that are made: what is made is read back as what was asked for.

use crate::handler::Request;
use crate::http::head::find_end;

/// What stands between the parts of an input: it is in no text, and in few field values.
const BETWEEN: u8 = 0xfe;

/// Fuzz target: method, target, and names and values in turn. What is made is one head, of these
/// lines and no others, with which the handler's view agrees.
pub fn request_builder(input: &[u8]) {
    let mut parts = input.split(|&byte| byte == BETWEEN);
    let mut next = || parts.next().map(<[u8]>::to_vec);
    let (method, target) = (next().unwrap_or_default(), next().unwrap_or_default());
    let mut builder = Request::builder().method(&method).target(&target);
    let mut fields = Vec::new();
    while let (Some(name), Some(value)) = (next(), next()) {
        builder = builder.header(&name, &value);
        fields.push((name, value));
    }
    let Ok(made) = builder.build() else {
        return;
    };
    let bytes: &[u8] = made.as_ref();
    assert_eq!(find_end(bytes, &mut 0), Some(bytes.len()));
    let req = made.request();
    assert_eq!(req.method().name().as_bytes(), method);
    assert_eq!(req.target(), target);
    let is_host = |name: &[u8]| name.eq_ignore_ascii_case(b"host");
    if !fields.iter().any(|(name, _)| is_host(name)) {
        fields.insert(0, (b"Host".to_vec(), b"localhost".to_vec()));
    }
    let read: Vec<_> = req.headers().iter().collect();
    assert_eq!(read.len(), fields.len());
    for ((name, value), (asked, said)) in read.into_iter().zip(&fields) {
        assert_eq!(name.as_bytes(), asked);
        assert_eq!(value, said.trim_ascii());
    }
}

#[cfg(test)]
mod tests;
