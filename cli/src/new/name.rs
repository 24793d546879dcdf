//! The names that a crate can have.

use std::str::FromStr;

/// The longest name that crates.io accepts, in bytes.
const MAX_LENGTH: usize = 64;

/// The keywords of Rust 2024, strict and reserved.
const KEYWORDS: [&str; 52] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// Crates of the Rust distribution, and the dependencies of the new crate.
const TAKEN: [&str; 7] = ["alloc", "core", "lovely_session", "proc_macro", "std", "test", "wasip2"];

/// A valid name for a new crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrateName(String);

/// Why a text cannot be the name of a new crate.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCrateName {
    /// The name has no characters.
    #[error("a crate needs a name")]
    Empty,
    /// The name is longer than 64 bytes.
    #[error("the name of a crate has at most {MAX_LENGTH} characters")]
    TooLong,
    /// The name begins with this character.
    #[error("the name of a crate begins with a letter, not with {0:?}")]
    Begin(char),
    /// The name contains this character.
    #[error("the name of a crate consists of ASCII letters, digits, `-` and `_`; it cannot contain {0:?}")]
    Character(char),
    /// The name is a keyword of Rust.
    #[error("`{0}` is a keyword of Rust")]
    Keyword(String),
    /// The name is that of another crate which the new one needs.
    #[error("the new crate needs another crate that is called `{0}`")]
    Taken(String),
}

impl CrateName {
    /// The name as in `Cargo.toml`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as in the names of built files.
    pub fn file_stem(&self) -> String {
        self.0.replace('-', "_")
    }
}

impl FromStr for CrateName {
    type Err = InvalidCrateName;

    fn from_str(name: &str) -> Result<Self, InvalidCrateName> {
        let first = name.chars().next().ok_or(InvalidCrateName::Empty)?;
        if let Some(other) = name.chars().find(|c| !(c.is_ascii_alphanumeric() || "-_".contains(*c))) {
            return Err(InvalidCrateName::Character(other));
        }
        if !first.is_ascii_alphabetic() {
            return Err(InvalidCrateName::Begin(first));
        }
        if name.len() > MAX_LENGTH {
            return Err(InvalidCrateName::TooLong);
        }
        let crate_name = Self(name.to_owned());
        let stem = crate_name.file_stem();
        if KEYWORDS.contains(&name) {
            Err(InvalidCrateName::Keyword(stem))
        } else if TAKEN.contains(&stem.as_str()) {
            Err(InvalidCrateName::Taken(stem))
        } else {
            Ok(crate_name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_digits_hyphens_and_underscores_are_valid() {
        for name in ["a", "shop", "my-shop", "my_shop", "Shop2", "x-", "types", &"x".repeat(64)] {
            assert_eq!(name.parse(), Ok(CrateName(name.to_owned())));
        }
        assert_eq!("my-shop-2".parse::<CrateName>().unwrap().file_stem(), "my_shop_2");
    }

    #[test]
    fn other_names_are_refused_with_the_reason() {
        use InvalidCrateName::{Begin, Character, Empty, Keyword, Taken, TooLong};
        for (name, reason) in [
            ("", Empty),
            ("2shop", Begin('2')),
            ("-shop", Begin('-')),
            ("_", Begin('_')),
            ("my shop", Character(' ')),
            ("../shop", Character('.')),
            ("a/b", Character('/')),
            ("shöp", Character('ö')),
            ("fn", Keyword("fn".to_owned())),
            ("gen", Keyword("gen".to_owned())),
            ("test", Taken("test".to_owned())),
            ("proc-macro", Taken("proc_macro".to_owned())),
            ("lovely-session", Taken("lovely_session".to_owned())),
            ("wasip2", Taken("wasip2".to_owned())),
        ] {
            assert_eq!(name.parse::<CrateName>(), Err(reason), "{name}");
        }
        assert_eq!("x".repeat(65).parse::<CrateName>(), Err(TooLong));
    }
}
