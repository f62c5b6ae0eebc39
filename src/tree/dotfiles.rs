//! Names that begin with a dot, which some sites keep to themselves. Pure.

/// What anybody may look for, whatever else is hidden (RFC 8615). Only at the root has it a
/// meaning.
const WELL_KNOWN: &[u8] = b".well-known";

/// Whether a path below the root has a name that begins with a dot, at any depth, other than
/// `.well-known` at the root.
pub(crate) fn is_hidden(relative: &[u8]) -> bool {
    let mut names = relative.split(|&byte| byte == b'/').enumerate();
    names.any(|(depth, name)| name.starts_with(b".") && (depth > 0 || name != WELL_KNOWN))
}

#[cfg(test)]
mod tests;
