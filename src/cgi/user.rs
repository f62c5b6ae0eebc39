//! The user that scripts run as: a name looked up in passwd(5).
//!
//! The file is read, not the name service asked: that would need libc's plugins, which a static
//! program has not. A number, `UID` or `UID:GID`, serves for every other user.

use std::io;

use crate::http::grammar::digits;

/// The user and the group that scripts run as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct User {
    /// The user's number.
    pub uid: u32,
    /// The number of the user's group.
    pub gid: u32,
}

/// The user with this name, or of these numbers.
///
/// # Errors
/// `NotFound` for a name that the file has not, or if there is no file; any other of open(2) and
/// read(2) if it cannot be read.
pub fn look_up(name: &str) -> io::Result<User> {
    if let Some(user) = numbers(name) {
        return Ok(user);
    }
    let passwd = std::fs::read("/etc/passwd").map_err(|error| {
        let message = format!(
            "cannot look user {name:?} up, a number needs no look-up (UID or UID:GID): \
             /etc/passwd: {error}"
        );
        io::Error::new(error.kind(), message)
    })?;
    find(&passwd, name).ok_or_else(|| {
        let message = format!("no user {name:?} in /etc/passwd");
        io::Error::new(io::ErrorKind::NotFound, message)
    })
}

/// `UID` or `UID:GID`.
fn numbers(text: &str) -> Option<User> {
    let (uid, gid) = text.split_once(':').unwrap_or((text, text));
    Some(User {
        uid: number(uid.as_bytes())?,
        gid: number(gid.as_bytes())?,
    })
}

/// A user or group number; macOS writes nobody's as -2. -1 is nobody at all (setuid(2)).
fn number(bytes: &[u8]) -> Option<u32> {
    let number = match bytes.strip_prefix(b"-") {
        Some(rest) => 0u32.wrapping_sub(u32::try_from(digits(rest)?).ok()?),
        None => u32::try_from(digits(bytes)?).ok()?,
    };
    (number != u32::MAX).then_some(number)
}

/// Finds a name in the text of a passwd file.
fn find(passwd: &[u8], name: &str) -> Option<User> {
    passwd.split(|&byte| byte == b'\n').find_map(|line| {
        let mut fields = line.split(|&byte| byte == b':');
        if fields.next()? != name.as_bytes() {
            return None;
        }
        let uid = number(fields.nth(1)?)?;
        let gid = number(fields.next()?)?;
        Some(User { uid, gid })
    })
}

#[cfg(test)]
mod tests;
