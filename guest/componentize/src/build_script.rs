//! Components for build scripts.
//!
//! ```no_run
//! use std::path::Path;
//! use std::process::ExitCode;
//!
//! use lovely_componentize::{Builder, build_script};
//!
//! fn main() -> ExitCode {
//!     build_script::main(|| {
//!         let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest");
//!         build_script::component(&Builder::new(&guest)?, &guest, "guest.wasm")?;
//!         Ok(())
//!     })
//! }
//! ```

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::{BuildError, Builder, Names, WASM_STD_VARIABLE, explain};

/// Runs the build script, and tells its error to the person who waits for the build.
pub fn main(script: impl FnOnce() -> Result<(), BuildError>) -> ExitCode {
    match script() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Cargo shows this, and of the rest of a failed script's output only that it was there.
            for line in explain(&error).lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Builds the crate in a directory into a file of this name in `OUT_DIR`, and gives its path. Has cargo run the build
/// script again when something changes that the component is built from.
///
/// Fails as [`Builder::build`] does, and when the file cannot be written.
pub fn component(builder: &Builder, directory: &Path, file_name: &str) -> Result<PathBuf, BuildError> {
    println!("cargo::rerun-if-env-changed={WASM_STD_VARIABLE}");
    for source in builder.sources(directory)? {
        println!("cargo::rerun-if-changed={}", source.display());
    }
    eprintln!("building with {}", builder.wasm_std());
    let component = builder.build(directory, Names::Stripped)?;
    let out_dir = env::var_os("OUT_DIR").ok_or(BuildError::NotABuildScript { name: "OUT_DIR" })?;
    let path = PathBuf::from(out_dir).join(file_name);
    match fs::write(&path, component) {
        Ok(()) => Ok(path),
        Err(source) => Err(BuildError::Write { path, source }),
    }
}
