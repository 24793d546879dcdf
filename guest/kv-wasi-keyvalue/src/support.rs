//! What this store cannot do, and refuses before it does anything.

use lovely_session_key_value::check::InvalidRequest;
use lovely_session_key_value::{Change, Error, Expectation, Lifetime, Write};

use crate::stamped::STAMP_BYTES;

/// Checks a lifetime.
///
/// # Errors
///
/// [`Error::Unsupported`] when an entry should expire.
pub fn lifetime(lifetime: Lifetime) -> Result<(), Error> {
    match lifetime {
        Lifetime::NeverExpires => Ok(()),
        Lifetime::Seconds(_) => Err(unsupported("wasi:keyvalue has no lifetimes; use never-expires")),
    }
}

/// Checks a write.
///
/// # Errors
///
/// [`Error::Unsupported`] for a lifetime, and for a delete of one version; [`Error::Other`] for a version that this store
/// has not made.
pub fn write(write: &Write) -> Result<(), Error> {
    match &write.expects {
        Expectation::Version(version) if version.0.len() != STAMP_BYTES => {
            return Err(InvalidRequest::ForeignVersion.into());
        }
        _ => {}
    }
    match (&write.change, &write.expects) {
        (Change::Put { lifetime: put, .. }, _) => lifetime(*put),
        (Change::Touch(touch), _) => lifetime(*touch),
        (Change::Delete, Expectation::Anything) => Ok(()),
        (Change::Delete, _) => Err(unsupported("wasi:keyvalue cannot delete on a condition")),
    }
}

fn unsupported(text: &str) -> Error {
    Error::Unsupported(text.to_owned())
}
