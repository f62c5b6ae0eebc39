//! A request head with another target, for local redirects (RFC 3875 section 6.2.2).

use super::grammar::same_word;

/// Returns the head as a GET of `target`, a path with an optional query; a HEAD stays a HEAD. It
/// keeps all fields but those about the body, for the new request has none (RFC 9110 section 15.4).
/// Returns `None` if the target is no such path, or holds a byte that would end the request line.
pub fn with_target(head: &[u8], target: &str) -> Option<Vec<u8>> {
    if !target.starts_with('/') || !target.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let start = head.iter().position(|byte| !b"\r\n".contains(byte))?;
    let line_len = head[start..].iter().position(|&byte| byte == b'\n')?;
    let fields = &head[start + line_len + 1..];
    let line = head[start..start + line_len].trim_ascii_end();
    let version = &line[line.iter().rposition(|&byte| byte == b' ')? + 1..];
    let mut rerouted = Vec::with_capacity(head.len() + target.len());
    let is_head = line.starts_with(b"HEAD ");
    rerouted.extend_from_slice(if is_head { &b"HEAD "[..] } else { b"GET " });
    rerouted.extend_from_slice(target.as_bytes());
    rerouted.push(b' ');
    rerouted.extend_from_slice(version);
    rerouted.extend_from_slice(b"\r\n");
    for line in fields.split_inclusive(|&byte| byte == b'\n') {
        if !is_about_body(line) {
            rerouted.extend_from_slice(line);
        }
    }
    Some(rerouted)
}

fn is_about_body(line: &[u8]) -> bool {
    let starts = |start: &str| {
        let head = line.get(..start.len());
        head.is_some_and(|head| same_word(head, start))
    };
    ["content-", "expect:", "trailer:", "transfer-encoding:"]
        .into_iter()
        .any(starts)
}

#[cfg(test)]
mod tests;
