//! User accounts: looked up in passwd(5) and group(5), and taken on by this process for good.
//!
//! The files are read, not the name service asked: that would need libc's plugins, which a static
//! program has not. A number serves for everybody else.

use std::fs;
use std::io::{self, ErrorKind};

use rustix::process::{getegid, geteuid, getgid, getgroups, getuid};

const PASSWD: &str = "/etc/passwd";
const GROUP: &str = "/etc/group";

/// The number of root, and of its group.
const ROOT: u32 = 0;

/// nobody's number, and that of its group, on Linux. It belongs to nobody in any case.
const OVERFLOW: u32 = 65_534;

/// A user, and the groups that it is in.
///
/// A server that must be started by root, for its port or its sockets, opens these and then becomes
/// somebody who may do less:
///
/// ```no_run
/// # use sprat::{Account, Builder, FileServer};
/// # fn main() -> std::io::Result<()> {
/// let account = Account::look_up("www-data")?;
/// let builder = Builder::bind("[::]:80")?;
/// account.assume()?;
/// builder.serve(FileServer::new("/srv/www")?).run()
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// The user's number.
    pub user: u32,
    /// The number of its group.
    pub group: u32,
    /// All groups that it is in, this one among them.
    pub groups: Vec<u32>,
}

impl Account {
    /// The account of `NAME` or `NAME:GROUP`. Either may be a number: a user that is one has the
    /// group of the same number, if none is named, and no others.
    ///
    /// # Errors
    /// `NotFound` for a name that /etc/passwd or /etc/group has not, or if there is no such file;
    /// any other of open(2) and read(2) if it cannot be read.
    pub fn look_up(name: &str) -> io::Result<Account> {
        let (name, group_name) = match name.split_once(':') {
            Some((name, group)) => (name, Some(group)),
            None => (name, None),
        };
        let as_number = number(name.as_bytes());
        let (user, own_group) = match as_number {
            Some(user) => (user, user),
            None => user_of(&read(PASSWD, "user", name)?, name)
                .ok_or_else(|| unknown("user", name, PASSWD))?,
        };
        let group = match group_name.map(|group| (group, number(group.as_bytes()))) {
            None => own_group,
            Some((_, Some(group))) => group,
            Some((name, None)) => group_of(&read(GROUP, "group", name)?, name)
                .ok_or_else(|| unknown("group", name, GROUP))?,
        };
        let mut groups = vec![group];
        if as_number.is_none() {
            match read(GROUP, "the groups of", name) {
                Ok(text) => groups.extend(groups_with(&text, name).filter(|&one| one != group)),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Account {
            user,
            group,
            groups,
        })
    }

    /// nobody's, or that of the number 65534 where no file names it, as in a container with little
    /// more than a program.
    pub fn nobody() -> Account {
        Account::look_up("nobody").unwrap_or(Account {
            user: OVERFLOW,
            group: OVERFLOW,
            groups: vec![OVERFLOW],
        })
    }

    /// Makes this process, with all its threads, run as this account and no other, and makes sure
    /// that there is no way back: setgroups(2), setgid(2), setuid(2). Only root can become another;
    /// whoever has these ids already keeps the groups that there are.
    ///
    /// # Errors
    /// `PermissionDenied` where the system refuses, or would let root come back. The process may
    /// then be partly the one and partly the other, and should end.
    pub fn assume(&self) -> io::Result<()> {
        let (own, root) = (self.is_own(), geteuid().is_root());
        if root || !own {
            set_groups(&self.groups)?;
        }
        // SAFETY: numbers only.
        unsafe {
            done(libc::setgid(self.group))?;
            done(libc::setuid(self.user))?;
        }
        let has_groups = !root || self.has_groups()?;
        if !self.is_own() || !has_groups {
            return Err(io::Error::other("the system says that it did, and did not"));
        }
        match self.can_be_root() {
            true => Err(ErrorKind::PermissionDenied.into()),
            false => Ok(()),
        }
    }

    /// Whether these are the ids of this process, the real and the effective ones.
    fn is_own(&self) -> bool {
        let users = [getuid(), geteuid()].map(|user| user.as_raw());
        let groups = [getgid(), getegid()].map(|group| group.as_raw());
        users == [self.user; 2] && groups == [self.group; 2]
    }

    /// Whether this process is in these groups and no others.
    fn has_groups(&self) -> io::Result<bool> {
        let sorted = |groups: &mut Vec<u32>| {
            groups.push(self.group);
            groups.sort_unstable();
            groups.dedup();
        };
        let mut wanted = self.groups.clone();
        let mut found = getgroups()?.iter().map(|group| group.as_raw()).collect();
        sorted(&mut wanted);
        sorted(&mut found);
        Ok(wanted == found)
    }

    /// Whether another than root could become root, by a saved id or a capability that was kept.
    fn can_be_root(&self) -> bool {
        // SAFETY: numbers only.
        unsafe {
            (self.user != ROOT && libc::setuid(ROOT) == 0)
                || (self.user != ROOT && self.group != ROOT && libc::setgid(ROOT) == 0)
        }
    }
}

fn set_groups(groups: &[u32]) -> io::Result<()> {
    // SAFETY: the list is as long as it says, and is only read. (Its length has another type on
    // other systems.)
    done(unsafe { libc::setgroups(groups.len() as _, groups.as_ptr()) })
}

fn done(result: libc::c_int) -> io::Result<()> {
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn read(path: &str, what: &str, name: &str) -> io::Result<Vec<u8>> {
    fs::read(path).map_err(|error| {
        let message = format!(
            "cannot look {what} {name:?} up, a number needs no look-up (UID or UID:GID): \
             {path}: {error}"
        );
        io::Error::new(error.kind(), message)
    })
}

fn unknown(what: &str, name: &str, path: &str) -> io::Error {
    io::Error::new(ErrorKind::NotFound, format!("no {what} {name:?} in {path}"))
}

/// A user or group number; macOS writes nobody's as -2. -1 is nobody at all (setuid(2)).
fn number(bytes: &[u8]) -> Option<u32> {
    let number = match bytes.strip_prefix(b"-") {
        Some(rest) => 0u32.wrapping_sub(digits(rest)?),
        None => digits(bytes)?,
    };
    (number != u32::MAX).then_some(number)
}

fn digits(bytes: &[u8]) -> Option<u32> {
    let add = |number: u32, byte: &u8| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    };
    bytes.first()?;
    bytes.iter().try_fold(0, add)
}

/// The lines of such a file, each as its fields.
fn lines(text: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    let lines = text.split(|&byte| byte == b'\n');
    lines.map(|line| line.split(|&byte| byte == b':').collect())
}

/// The numbers of a user and its group in the text of a passwd file.
fn user_of(passwd: &[u8], name: &str) -> Option<(u32, u32)> {
    lines(passwd).find_map(|line| match line[..] {
        [found, _, user, group, ..] if found == name.as_bytes() => {
            Some((number(user)?, number(group)?))
        }
        _ => None,
    })
}

/// The number of a group in the text of a group file.
fn group_of(groups: &[u8], name: &str) -> Option<u32> {
    lines(groups).find_map(|line| match line[..] {
        [found, _, group, ..] if found == name.as_bytes() => number(group),
        _ => None,
    })
}

/// The numbers of the groups that list a user as a member.
fn groups_with(groups: &[u8], name: &str) -> impl Iterator<Item = u32> {
    lines(groups).filter_map(move |line| match line[..] {
        [_, _, group, members, ..] => {
            let mut members = members.split(|&byte| byte == b',');
            members.find(|member| *member == name.as_bytes())?;
            number(group)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests;
