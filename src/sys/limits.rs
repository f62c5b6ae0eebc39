//! The limit on open descriptors, and how many are open.

use std::io;

/// The soft limit on descriptors, a count; `usize::MAX` if there is none.
pub fn descriptors_max() -> usize {
    0
}

/// How many descriptors this process has open, a count.
pub fn descriptors_open() -> usize {
    0
}

/// Raises the soft limit on descriptors to the hard one.
///
/// # Errors
/// What the system says.
pub fn raise_descriptors() -> io::Result<()> {
    Ok(())
}
