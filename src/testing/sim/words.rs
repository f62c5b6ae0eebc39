//! The oracle's small grammars: lists with strings in them, hosts. Like all of it they share no
//! code with `http/`.

/// The elements of a comma-separated list, blanks around them cut off, empty ones included. A
/// comma in a quoted string is none; a string that does not end takes the rest.
pub fn elements(value: &[u8]) -> Vec<Vec<u8>> {
    let mut elements = vec![Vec::new()];
    let mut state = Quotes::Outside;
    for &byte in value {
        state = state.after(byte);
        match elements.last_mut() {
            Some(element) if byte != b',' || state != Quotes::Outside => element.push(byte),
            _ => elements.push(Vec::new()),
        }
    }
    let blank = |byte: &u8| [b' ', b'\t'].contains(byte);
    for element in &mut elements {
        while element.last().is_some_and(blank) {
            element.pop();
        }
        while element.first().is_some_and(blank) {
            element.remove(0);
        }
    }
    elements
}

/// Where one stands to quoted strings (RFC 9110 section 5.6.4).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Outside,
    Inside,
    Escaped,
}

impl Quotes {
    fn after(self, byte: u8) -> Quotes {
        match (self, byte) {
            (Quotes::Outside, b'"') | (Quotes::Escaped, _) => Quotes::Inside,
            (Quotes::Inside, b'"') => Quotes::Outside,
            (Quotes::Inside, b'\\') => Quotes::Escaped,
            (other, _) => other,
        }
    }
}

/// Whether every quoted string in a line ends in it.
pub fn strings_end(line: &[u8]) -> bool {
    let end = line
        .iter()
        .fold(Quotes::Outside, |state, &byte| state.after(byte));
    end == Quotes::Outside
}

/// The port of what is a host, with or without one (RFC 3986 section 3.2); `None` if it is none.
pub fn host_port(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok()?;
    let (good, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (inside, port) = rest.split_once(']')?;
            (is_literal(inside), port)
        }
        None => {
            let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            (is_name(name) && (!name.is_empty() || port.is_empty()), port)
        }
    };
    let digits = match port.strip_prefix(':') {
        Some(digits) => digits,
        None if port.is_empty() => "",
        None => return None,
    };
    (good && digits.chars().all(|digit| digit.is_ascii_digit())).then_some(digits)
}

/// Unreserved characters and what delimits parts of a name.
fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-._~!$&'()*+,;=".contains(letter)
}

fn is_name(name: &str) -> bool {
    let mut parts = name.split('%');
    let escaped = |part: &str| {
        let digits = part.chars().take(2).filter(char::is_ascii_hexdigit).count();
        digits == 2 && part.chars().all(is_plain)
    };
    parts.next().is_some_and(|part| part.chars().all(is_plain)) && parts.all(escaped)
}

fn is_literal(inside: &str) -> bool {
    if let Some(future) = inside.strip_prefix(['v', 'V']) {
        return !future.is_empty() && future.chars().all(|c| c == ':' || is_plain(c));
    }
    let (address, zone) = inside.split_once('%').unwrap_or((inside, ""));
    let in_address = |c: char| c.is_ascii_hexdigit() || c == ':' || c == '.';
    !address.is_empty()
        && address.chars().all(in_address)
        && zone.chars().all(|c| c == '%' || is_plain(c))
}
