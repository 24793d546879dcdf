//! Looking into components.

/// Whether these bytes stand somewhere in others: as those of a component stand in what it was joined into.
#[must_use]
pub fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
