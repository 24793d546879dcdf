//! Directories that the application may read.

use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// A directory, and its path for the application.
#[derive(Debug, Clone)]
pub struct Directory {
    host: PathBuf,
    guest: String,
}

/// A text names no directory for the application.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// A part is missing.
    #[error("write HOST=GUEST: a directory, and its path for the application, such as /srv/shop=/data")]
    NotTwo,
    /// The directory does not exist, is none, or may not be read.
    #[error("the directory `{}` cannot be read ({source}); check the path and its rights", .host.display())]
    Unreadable {
        /// The directory.
        host: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
}

impl FromStr for Directory {
    type Err = DirectoryError;

    fn from_str(text: &str) -> Result<Self, DirectoryError> {
        let parts = text.rsplit_once('=').filter(|(host, guest)| !host.is_empty() && !guest.is_empty());
        let (host, guest) = parts.ok_or(DirectoryError::NotTwo)?;
        let host = PathBuf::from(host);
        // Also fails if it is not a directory.
        match std::fs::read_dir(&host) {
            Ok(_entries) => Ok(Self { host, guest: guest.to_owned() }),
            Err(source) => Err(DirectoryError::Unreadable { host, source }),
        }
    }
}

impl Directory {
    /// Lets an instance read the directory.
    pub fn grant(&self, context: &mut WasiCtxBuilder) -> wasmtime::Result<()> {
        context.preopened_dir(&self.host, &self.guest, FsPerms::ReadOnly)?;
        Ok(())
    }
}
