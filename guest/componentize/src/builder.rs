//! Builds components.

use std::fs;
use std::path::{Path, PathBuf};

use wit_component::{ComponentEncoder, DecodedWasm};

use crate::compile::compile;
use crate::metadata::{Package, Workspace};
use crate::names::without_names;
use crate::sources::sources;
use crate::toolchain::Toolchain;
use crate::{BuildError, WasmStd};

/// Builds components from the crates of one workspace.
///
/// Crates are compiled one by one, and what they share is compiled once. A component that is up to date costs a
/// fraction of a second. Several builders may work at the same time, also in several processes: they take turns.
#[derive(Debug)]
pub struct Builder {
    toolchain: Toolchain,
    workspace: Workspace,
}

/// Whether a component carries the names of its functions and of its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// It does not, and is smaller.
    #[default]
    Stripped,
    /// It does: the backtrace of a trap says where it happened.
    Kept,
}

impl Builder {
    /// A builder for the workspace that a directory belongs to.
    ///
    /// Fails when there is no WebAssembly standard library for Rust, or when cargo cannot tell about the workspace.
    pub fn new(directory: &Path) -> Result<Builder, BuildError> {
        let toolchain = Toolchain::find(directory)?;
        let workspace = Workspace::of(directory, &toolchain.cargo)?;
        Ok(Builder { toolchain, workspace })
    }

    /// Where the WebAssembly standard library comes from.
    pub fn wasm_std(&self) -> WasmStd {
        self.toolchain.wasm_std
    }

    /// Builds the crate in a directory, and gives a valid component that exports something.
    ///
    /// Fails when it is no member of the workspace, is no `cdylib`, does not compile, or does not implement its WIT
    /// world. What the compiler has to say goes to the standard error.
    pub fn build(&self, directory: &Path, names: Names) -> Result<Vec<u8>, BuildError> {
        self.build_package(self.workspace.package_in(directory)?, names)
    }

    /// Builds the crate of a package name; otherwise as [`Builder::build`].
    pub fn build_named(&self, package: &str, names: Names) -> Result<Vec<u8>, BuildError> {
        self.build_package(self.workspace.package_named(package)?, names)
    }

    /// The files and directories that the crate in a directory is built from, without building it.
    pub(crate) fn sources(&self, directory: &Path) -> Result<Vec<PathBuf>, BuildError> {
        Ok(sources(&self.workspace, self.workspace.package_in(directory)?))
    }

    fn build_package(&self, package: &Package, names: Names) -> Result<Vec<u8>, BuildError> {
        let path = compile(&self.toolchain, &self.workspace, package, names)?;
        let module = fs::read(&path).map_err(|source| BuildError::Read { path, source })?;
        encode(&package.name, &module, names)
    }
}

/// Makes a component of a core module, and validates it.
fn encode(package: &str, module: &[u8], names: Names) -> Result<Vec<u8>, BuildError> {
    let failed = |source| BuildError::Encode { package: package.to_owned(), source };
    let component = ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| failed(error.into()))?;
    let component = match names {
        Names::Stripped => without_names(&component),
        Names::Kept => component,
    };
    match wit_component::decode(&component).map_err(|error| failed(error.into()))? {
        DecodedWasm::Component(resolve, world)
            if resolve.worlds.get(world).is_some_and(|world| !world.exports.is_empty()) =>
        {
            Ok(component)
        }
        _ => Err(BuildError::ExportsNothing { package: package.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest core module: the header alone.
    const EMPTY_MODULE: [u8; 8] = *b"\0asm\x01\0\0\0";

    #[test]
    fn a_module_that_exports_nothing_is_refused() {
        let error = encode("shop", &EMPTY_MODULE, Names::Stripped).unwrap_err();
        assert!(matches!(error, BuildError::ExportsNothing { package } if package == "shop"));
    }

    #[test]
    fn what_is_no_module_is_refused_with_the_reason() {
        let error = encode("shop", b"no module", Names::Stripped).unwrap_err();
        assert!(matches!(&error, BuildError::Encode { package, .. } if package == "shop"));
        assert!(crate::explain(&error).contains("because: "));
    }
}
