//! Families of keys.

/// The family of a key: its part before the last `:`. Keys without a colon, and those that begin with their only one,
/// belong to no family.
///
/// ```
/// use lovely_session_key_value::family;
///
/// assert_eq!(family("ls1:cart:2bb80d53"), Some("ls1:cart"));
/// assert_eq!(family("alone"), None);
/// ```
pub fn family(key: &str) -> Option<&str> {
    key.rsplit_once(':').map(|(family, _)| family).filter(|family| !family.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_contains_no_other() {
        assert_eq!(family("a:b:k"), Some("a:b"));
        assert_eq!(family("a:k"), Some("a"));
        assert_eq!(family("a::k"), Some("a:"));
        assert_eq!(family(":k"), None);
        assert_eq!(family("k"), None);
    }
}
