//! The WIT package as WebAssembly, the form in which registries keep it.

use std::fs;
use std::path::Path;

use anyhow::Context;
use wit_parser::Resolve;

/// Encodes the package in a directory.
///
/// # Errors
///
/// When it is no valid WIT package, or the file cannot be written.
pub fn write(source: &Path, output: &Path) -> anyhow::Result<()> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(source)?;
    let bytes = wit_component::encode(&resolve, package, false)?;
    fs::write(output, bytes).with_context(|| format!("cannot write {}", output.display()))
}
