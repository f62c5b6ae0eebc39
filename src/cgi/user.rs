//! The user that scripts run as: that of an account, with its own group and no others.

use crate::sys::account::Account;

/// The user and the group that scripts run as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct User {
    /// The user's number.
    pub uid: u32,
    /// The number of the user's group.
    pub gid: u32,
}

impl From<Account> for User {
    fn from(account: Account) -> User {
        User {
            uid: account.user,
            gid: account.group,
        }
    }
}
