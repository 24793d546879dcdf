//! Standard output, which holds results only.

use std::io::{self, Write as _};

use crate::failure::Failure;

/// Prints a result. A reader that has gone, such as `head` once it has read all that it wants, is no failure.
pub fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(Failure::Print),
    }
}
