//! Sizes on the command line.

use std::str::FromStr;

/// A number of bytes, parsed from texts such as `64MiB`, `512KiB` or `4096`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The number of bytes.
    pub bytes: usize,
}

/// The text is not a size, or the size does not fit in a `usize`.
#[derive(Debug, thiserror::Error)]
#[error("a size is a whole number, of bytes or with a unit: 4096, 512KiB, 64MiB or 1GiB")]
pub struct InvalidSize;

impl FromStr for Size {
    type Err = InvalidSize;

    fn from_str(text: &str) -> Result<Self, InvalidSize> {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let unit = match unit {
            "" | "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return Err(InvalidSize),
        };
        let number: usize = number.parse().map_err(|_| InvalidSize)?;
        number.checked_mul(unit).map(|bytes| Self { bytes }).ok_or(InvalidSize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Option<usize> {
        text.parse::<Size>().ok().map(|size| size.bytes)
    }

    #[test]
    fn sizes_without_a_unit_are_in_bytes() {
        assert_eq!(bytes("4096"), Some(4096));
        assert_eq!(bytes("512KiB"), Some(512 * 1024));
        assert_eq!(bytes("64MiB"), Some(64 * 1024 * 1024));
        assert_eq!(bytes("1GiB"), Some(1024 * 1024 * 1024));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", "MiB", "64MB", "-1", "1.5MiB", "64 MiB", "99999999999999999999", "18446744073709551615KiB"]
        {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
