//! `mio::Token` to and from a connection's key and the role of the source within it.

/// A connection's place in the slab.
pub type Key = usize;

/// The connection's own socket. Roles 1 to 5 are sources an exchange registered.
pub const SOCKET: u8 = 0;
/// A child's exit; the key is the child's place in the reaper.
pub const CHILD: u8 = 6;
/// A listener, or the waker; the key tells which.
pub const SERVER: u8 = 7;

const ROLE_BITS: u32 = 3;

/// Packs a key and a role.
pub fn encode(key: Key, role: u8) -> mio::Token {
    debug_assert!(role < 1 << ROLE_BITS);
    mio::Token(key << ROLE_BITS | role as usize)
}

/// Unpacks a key and a role.
pub fn decode(token: mio::Token) -> (Key, u8) {
    (
        token.0 >> ROLE_BITS,
        (token.0 & ((1 << ROLE_BITS) - 1)) as u8,
    )
}

#[cfg(test)]
mod tests;
