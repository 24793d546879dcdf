//! Why a configuration file cannot be used.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use super::mistake::Mistake;

/// A configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read the configuration file `{}`; check the path", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// It has mistakes.
    #[error("the configuration file `{}` has mistakes:{}", .path.display(), in_lines(mistakes))]
    Mistakes {
        /// The file.
        path: PathBuf,
        /// All mistakes, in the order of their lines.
        mistakes: Vec<Mistake>,
    },
}

fn in_lines(mistakes: &[Mistake]) -> String {
    mistakes.iter().fold(String::new(), |mut text, mistake| {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n  line {}: {}", mistake.line, mistake.kind);
        text
    })
}
