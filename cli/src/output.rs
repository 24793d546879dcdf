//! Standard output, which contains results only.

use std::io::{self, Write as _};

use crate::failure::Failure;

/// Prints a result. A closed pipe is no failure: a reader such as `head` may end before it has read everything.
///
/// # Errors
///
/// [`Failure::Print`] when standard output cannot be written for another reason.
pub fn print(text: impl AsRef<[u8]>) -> Result<(), Failure> {
    let mut stdout = io::stdout();
    match stdout.write_all(text.as_ref()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(Failure::Print),
    }
}
