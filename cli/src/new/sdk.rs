//! The SDK that a new project depends on.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Where the SDK comes from.
#[derive(Debug, PartialEq, Eq)]
pub enum Sdk {
    /// The registry of the language, in the release of this command's version.
    Release,
    /// This absolute path.
    Path(String),
}

impl Sdk {
    /// The SDK at a path, or the release if there is none.
    ///
    /// # Errors
    ///
    /// [`Failure::Read`] when there is nothing at the path, [`Failure::Usage`] when the path is not Unicode, which no
    /// manifest can hold.
    pub fn at(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::Release) };
        let failure = |source| Failure::Read { path: path.to_owned(), source };
        let absolute: PathBuf = fs::canonicalize(path).map_err(failure)?;
        let absolute = absolute.into_os_string().into_string();
        let absolute = absolute.map_err(|path| Failure::Usage(format!("the path {} is not Unicode", path.display())))?;
        Ok(Self::Path(absolute))
    }
}
