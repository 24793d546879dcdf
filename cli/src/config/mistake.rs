//! Mistakes in a configuration file. None contains a value from the file, which can be a secret.

/// A mistake, and the number of its line.
#[derive(Debug)]
pub struct Mistake {
    /// From 1 on.
    pub line: usize,
    /// What is wrong.
    pub kind: MistakeKind,
}

/// What is wrong in a configuration file.
#[derive(Debug, thiserror::Error)]
pub enum MistakeKind {
    /// It is not UTF-8.
    #[error("this is not text in UTF-8")]
    NotText,
    /// It is not TOML.
    #[error("this is not valid TOML: {message}")]
    Syntax {
        /// What the parser says.
        message: String,
    },
    /// There is no such flag.
    #[error("there is no key `{}`{}", .key.escape_default(), did_you_mean(suggestion.as_deref()))]
    UnknownKey {
        /// The key.
        key: String,
        /// The key with the most similar name.
        suggestion: Option<String>,
    },
    /// The value has another type.
    #[error("`{key}` has to be {expected}, but this is of type {found}")]
    Type {
        /// The key.
        key: String,
        /// The type, in words.
        expected: String,
        /// The type that it has.
        found: &'static str,
    },
    /// The flag does not take this value.
    #[error("`{key}` has a value that is not possible: {reason}")]
    Value {
        /// The key.
        key: String,
        /// What clap says.
        reason: String,
    },
    /// The flag cannot be used with another one.
    #[error("`{key}` cannot be used together with `{other}`; remove one of them")]
    Conflict {
        /// The key.
        key: String,
        /// The other one.
        other: String,
    },
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    match suggestion {
        Some(key) => format!("; did you mean `{key}`?"),
        None => "; `lovely-session serve --help` lists the flags, which are the keys".to_owned(),
    }
}
