//! The compiler, the cargo and the linker that build for WebAssembly.

use std::env;
use std::path::{Path, PathBuf};

use crate::compile::TARGET;
use crate::rustc::{Rustc, parse_number};
use crate::wasm_std::{WASM_STD_VARIABLE, WasmStd, choose};
use crate::{BuildError, explain};

/// Debian's compiler and cargo. The packages install them under these names only.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";

/// Everything that is needed to build for WebAssembly.
#[derive(Debug)]
pub(crate) struct Toolchain {
    /// Where the standard library comes from.
    pub wasm_std: WasmStd,
    /// The cargo to run.
    pub cargo: PathBuf,
    /// The compiler that this cargo must use.
    pub rustc: Rustc,
    /// The linker that the compiler must use, where it has none of its own.
    pub linker: Option<PathBuf>,
}

impl Toolchain {
    /// Finds a toolchain, as the environment says and as seen from a directory of the workspace. Takes a few runs of
    /// the compiler, and compiles nothing.
    pub fn find(directory: &Path) -> Result<Toolchain, BuildError> {
        let forced = WasmStd::forced(env::var(WASM_STD_VARIABLE).ok().as_deref())?;
        let in_use = Rustc::inspect(&program_in_use("RUSTC", "rustc"), directory)?;
        let linker = bundled_linker(&in_use);
        choose(
            forced,
            || with_its_own_std(in_use),
            || {
                let packaged =
                    Rustc::inspect(Path::new(DEBIAN_RUSTC), directory).map_err(|error| explain(&error))?;
                with_std_from_sources(packaged, PathBuf::from(DEBIAN_CARGO), linker)
            },
        )
    }
}

/// The program that the cargo around this process uses, or else the one on the `PATH`.
fn program_in_use(variable: &str, name: &str) -> PathBuf {
    env::var_os(variable).map_or_else(|| PathBuf::from(name), PathBuf::from)
}

/// The linker that comes with a compiler from rustup.
fn bundled_linker(rustc: &Rustc) -> PathBuf {
    rustc.target_directory(&rustc.version.host).join("bin/rust-lld")
}

/// The toolchain in use, if it has the standard library compiled.
fn with_its_own_std(rustc: Rustc) -> Result<Toolchain, String> {
    let compiled = rustc.target_directory(TARGET).join("lib");
    if !compiled.is_dir() {
        return Err(format!(
            "the toolchain in use has no target {TARGET} ({} is missing)",
            compiled.display()
        ));
    }
    Ok(Toolchain { wasm_std: WasmStd::Rustup, cargo: program_in_use("CARGO", "cargo"), rustc, linker: None })
}

/// A toolchain that compiles the standard library from its sources, if it is complete.
fn with_std_from_sources(rustc: Rustc, cargo: PathBuf, linker: PathBuf) -> Result<Toolchain, String> {
    require_version(&rustc)?;
    let sources = rustc.source_directory().join("library/Cargo.lock");
    let needed = [("standard library as sources", &sources), ("cargo", &cargo), ("linker", &linker)];
    if let Some((what, file)) = needed.iter().find(|(_, file)| !file.is_file()) {
        return Err(format!("there is no {what}: {} is missing", file.display()));
    }
    Ok(Toolchain { wasm_std: WasmStd::Debian, cargo, rustc, linker: Some(linker) })
}

/// Another package may have installed an older compiler under the same name.
fn require_version(rustc: &Rustc) -> Result<(), String> {
    let required = env!("CARGO_PKG_RUST_VERSION");
    let (major, minor) = rustc.version.number;
    match parse_number(required) {
        Some(least) if (major, minor) < least => {
            Err(format!("{} is Rust {major}.{minor}, and {required} is needed", rustc.program.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::rustc::Version;
    use crate::scratch::Scratch;

    /// A compiler whose sysroot is the directory, with these files in it.
    fn rustc_with(directory: &Path, number: (u32, u32), files: &[&str]) -> Rustc {
        for file in files {
            let file = directory.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let version = Version { host: "machine".to_owned(), commit: "unknown".to_owned(), number };
        Rustc { program: directory.join("rustc"), sysroot: directory.to_owned(), version }
    }

    #[test]
    fn a_toolchain_with_the_target_needs_nothing_else() {
        let directory = Scratch::new();
        let file = "lib/rustlib/wasm32-unknown-unknown/lib/libcore.rlib";
        let toolchain = with_its_own_std(rustc_with(directory.path(), (1, 95), &[file])).unwrap();
        assert_eq!(toolchain.wasm_std, WasmStd::Rustup);
        assert_eq!(toolchain.linker, None);
    }

    #[test]
    fn a_toolchain_without_the_target_is_refused_with_the_reason() {
        let directory = Scratch::new();
        let reason = with_its_own_std(rustc_with(directory.path(), (1, 95), &[])).unwrap_err();
        assert!(reason.contains("no target wasm32-unknown-unknown"), "{reason}");
    }

    #[test]
    fn sources_with_a_cargo_and_a_linker_are_enough() {
        let directory = Scratch::new();
        let files = ["lib/rustlib/src/rust/library/Cargo.lock", "cargo", "linker"];
        let rustc = rustc_with(directory.path(), (1, 96), &files);
        let (cargo, linker) = (directory.path().join("cargo"), directory.path().join("linker"));
        let toolchain = with_std_from_sources(rustc, cargo, linker.clone()).unwrap();
        assert_eq!(toolchain.wasm_std, WasmStd::Debian);
        assert_eq!(toolchain.linker, Some(linker));
    }

    #[test]
    fn what_is_missing_from_the_sources_is_named() {
        let directory = Scratch::new();
        let rustc = rustc_with(directory.path(), (1, 96), &["cargo", "linker"]);
        let (cargo, linker) = (directory.path().join("cargo"), directory.path().join("linker"));
        let reason = with_std_from_sources(rustc, cargo, linker).unwrap_err();
        assert!(reason.contains("library/Cargo.lock is missing"), "{reason}");
    }

    #[test]
    fn a_packaged_compiler_that_is_too_old_is_refused() {
        let directory = Scratch::new();
        let rustc = rustc_with(directory.path(), (1, 63), &[]);
        let reason = with_std_from_sources(rustc, PathBuf::new(), PathBuf::new()).unwrap_err();
        assert!(reason.contains("is Rust 1.63"), "{reason}");
    }
}
