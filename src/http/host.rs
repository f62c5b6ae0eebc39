//! Hosts and ports, as Host and targets name them (RFC 9110 section 7.2, RFC 3986 section 3.2).

/// Whether this is a Host value (RFC 9110 section 7.2): a host and perhaps a port, or nothing.
pub fn is_host(value: &[u8]) -> bool {
    let (host_is_good, port) = match value {
        [b'[', rest @ ..] => match rest.iter().position(|&byte| byte == b']') {
            Some(end) => (is_ip_literal(&rest[..end]), &rest[end + 1..]),
            None => return false,
        },
        _ => {
            let end = value
                .iter()
                .position(|&byte| byte == b':')
                .unwrap_or(value.len());
            // A port needs a host before it; nothing at all is what a target without one sends.
            let host_is_good = is_registered_name(&value[..end]) && (end > 0 || value.is_empty());
            (host_is_good, &value[end..])
        }
    };
    let port_is_good = match port {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    host_is_good && port_is_good
}

/// A name or an IPv4 address (RFC 3986 section 3.2.2, reg-name).
fn is_registered_name(name: &[u8]) -> bool {
    let mut rest = name.iter();
    while let Some(&byte) = rest.next() {
        let mut hex_digit = || rest.next().is_some_and(u8::is_ascii_hexdigit);
        let good = is_name_byte(byte) || (byte == b'%' && hex_digit() && hex_digit());
        if !good {
            return false;
        }
    }
    true
}

/// What stands between brackets: an IPv6 address, perhaps with a zone (RFC 6874), or an address of
/// a later version. Nothing is looked up by it, so its bytes are checked, not its sense.
fn is_ip_literal(literal: &[u8]) -> bool {
    match literal {
        [] => false,
        [b'v' | b'V', rest @ ..] => {
            !rest.is_empty() && rest.iter().all(|&byte| byte == b':' || is_name_byte(byte))
        }
        _ => {
            let end = literal
                .iter()
                .position(|&byte| byte == b'%')
                .unwrap_or(literal.len());
            let (address, zone) = literal.split_at(end);
            !address.is_empty()
                && address
                    .iter()
                    .all(|&byte| byte.is_ascii_hexdigit() || b":.".contains(&byte))
                && zone
                    .iter()
                    .skip(1)
                    .all(|&byte| byte == b'%' || is_name_byte(byte))
        }
    }
}

/// Unreserved or a sub-delimiter (RFC 3986 section 2).
fn is_name_byte(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'!' | b'$' | b'&'..=b'.')
        || matches!(byte, b';' | b'=' | b'_' | b'~')
}
