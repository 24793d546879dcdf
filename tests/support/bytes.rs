//! Searches in the bytes of components.

/// Whether `bytes` contain `part`, as a composed component contains its parts.
#[must_use]
pub fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
