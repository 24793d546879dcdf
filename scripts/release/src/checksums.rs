//! The checksums of a release.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context;
use sha2::{Digest, Sha256};

const NAME: &str = "SHA256SUMS";

/// Writes the SHA-256 of each file of a directory, in the format of `sha256sum`.
///
/// # Errors
///
/// When a file cannot be read or written.
pub fn write(directory: &Path) -> anyhow::Result<()> {
    let mut files = fs::read_dir(directory)?.collect::<Result<Vec<_>, _>>()?;
    files.retain(|file| file.path().is_file() && file.file_name() != NAME);
    files.sort_by_key(fs::DirEntry::file_name);
    let mut sums = String::new();
    for file in files {
        let path = file.path();
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for byte in Sha256::digest(&bytes) {
            write!(sums, "{byte:02x}")?;
        }
        writeln!(sums, "  {}", file.file_name().display())?;
    }
    fs::write(directory.join(NAME), sums)?;
    Ok(())
}
