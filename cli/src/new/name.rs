//! The names that a project can have.

use std::str::FromStr;

/// The longest name that crates.io accepts, in bytes. The other registries accept longer ones.
const MAX_LENGTH: usize = 64;

/// A name that a project can have in some language: ASCII letters, digits, `-` and `_`, beginning with a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectName(String);

/// Why a text cannot be the name of a new project.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// The name has no characters.
    #[error("a project needs a name")]
    Empty,
    /// The name is longer than 64 bytes.
    #[error("the name of a project has at most {MAX_LENGTH} characters")]
    TooLong,
    /// The name begins with this character.
    #[error("the name of a project begins with a letter, not with {0:?}")]
    Begin(char),
    /// The name contains this character.
    #[error("the name of a project consists of ASCII letters, digits, `-` and `_`; it cannot contain {0:?}")]
    Character(char),
    /// The name is a keyword of Rust.
    #[error("`{0}` is a keyword of Rust; choose another name")]
    Keyword(String),
    /// The name has capitals, which npm does not accept.
    #[error("npm accepts no capitals in the name of a package; use `{0}`")]
    Capitals(String),
    /// The name is that of something that the project needs.
    #[error("the project needs something else that is called `{0}`; choose another name")]
    Taken(String),
}

impl ProjectName {
    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProjectName {
    type Err = InvalidName;

    fn from_str(name: &str) -> Result<Self, InvalidName> {
        let first = name.chars().next().ok_or(InvalidName::Empty)?;
        if let Some(other) = name.chars().find(|c| !(c.is_ascii_alphanumeric() || "-_".contains(*c))) {
            Err(InvalidName::Character(other))
        } else if !first.is_ascii_alphabetic() {
            Err(InvalidName::Begin(first))
        } else if name.len() > MAX_LENGTH {
            Err(InvalidName::TooLong)
        } else {
            Ok(Self(name.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_digits_hyphens_and_underscores_are_valid() {
        for name in ["a", "shop", "my-shop", "my_shop", "Shop2", "x-", "types", &"x".repeat(64)] {
            assert_eq!(name.parse(), Ok(ProjectName(name.to_owned())));
        }
    }

    #[test]
    fn other_names_are_refused_with_the_reason() {
        use InvalidName::{Begin, Character, Empty, TooLong};
        for (name, reason) in [
            ("", Empty),
            ("2shop", Begin('2')),
            ("-shop", Begin('-')),
            ("_", Begin('_')),
            ("my shop", Character(' ')),
            ("../shop", Character('.')),
            ("a/b", Character('/')),
            ("shöp", Character('ö')),
        ] {
            assert_eq!(name.parse::<ProjectName>(), Err(reason), "{name}");
        }
        assert_eq!("x".repeat(65).parse::<ProjectName>(), Err(TooLong));
    }
}
