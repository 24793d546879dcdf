//! The inner cargo: a crate becomes a core module.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::builder::Names;
use crate::metadata::{Package, Workspace};
use crate::toolchain::Toolchain;
use crate::wasm_std::WasmStd;
use crate::{BuildError, environment, remap};

/// What components are compiled for: with any other WebAssembly target, Rust's standard library imports more than
/// the crate's world names.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The profile of the root `Cargo.toml` that components are built in.
const PROFILE: &str = "component";

/// Where the modules of all components are built. One for each standard library, so that changing between them
/// rebuilds nothing; shared by all components, so that a crate that several of them use is compiled once.
pub(crate) fn target_directory(workspace: &Workspace, wasm_std: WasmStd) -> PathBuf {
    outer_target_directory()
        .unwrap_or_else(|| workspace.root.join("target"))
        .join("wasm")
        .join(wasm_std.name())
}

/// What cargo leaves in the root of a target directory: a tag where it made the directory itself, and what it knows of
/// the compiler also where the directory was there before.
const MARKS: [&str; 2] = ["CACHEDIR.TAG", ".rustc_info.json"];

/// The target directory of the cargo that runs this process. The directory `wasm` in it has a build lock of its own,
/// so an inner cargo does not wait for the outer one.
fn outer_target_directory() -> Option<PathBuf> {
    let inside = env::var_os("OUT_DIR").map(PathBuf::from).or_else(|| env::current_exe().ok())?;
    target_directory_around(&inside)
}

fn target_directory_around(inside: &Path) -> Option<PathBuf> {
    let is_marked = |directory: &&Path| MARKS.iter().any(|mark| directory.join(mark).is_file());
    inside.ancestors().find(is_marked).map(Path::to_owned)
}

/// Compiles a package, and gives the path of its core module. The compiler's messages go to the standard error.
pub(crate) fn compile(
    toolchain: &Toolchain,
    workspace: &Workspace,
    package: &Package,
    names: Names,
) -> Result<PathBuf, BuildError> {
    let module = package.module_name()?;
    let target_directory = target_directory(workspace, toolchain.wasm_std);
    let mut cargo = command(toolchain, workspace, package, names, &target_directory);
    let status =
        cargo.status().map_err(|source| BuildError::Start { program: toolchain.cargo.clone(), source })?;
    if !status.success() {
        return Err(BuildError::Compile { package: package.name.clone(), status });
    }
    Ok(target_directory.join(TARGET).join(PROFILE).join(module))
}

fn command(
    toolchain: &Toolchain,
    workspace: &Workspace,
    package: &Package,
    names: Names,
    target_directory: &Path,
) -> Command {
    let mut cargo = Command::new(&toolchain.cargo);
    cargo.current_dir(&workspace.root);
    cargo.env_clear().envs(environment::inherited(env::vars_os()));
    cargo.env("RUSTC", &toolchain.rustc.program);
    let flags = remap::flags(&workspace.root, target_directory, &toolchain.rustc);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join(OsStr::new("\x1f")));
    cargo.args(["build", "--lib", "--package", &package.name, "--profile", PROFILE, "--target", TARGET]);
    cargo.arg("--target-dir").arg(target_directory);
    if workspace.root.join("Cargo.lock").is_file() {
        cargo.arg("--locked");
    }
    if names == Names::Kept {
        cargo.arg(format!("--config=profile.{PROFILE}.strip=\"debuginfo\""));
    }
    if toolchain.wasm_std == WasmStd::Debian {
        // Building the standard library is not a stable feature; this says that we know.
        cargo.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_abort");
    }
    if let Some(linker) = &toolchain.linker {
        cargo.env(linker_variable(), linker);
    }
    cargo
}

fn linker_variable() -> OsString {
    OsString::from(format!("CARGO_TARGET_{}_LINKER", TARGET.replace('-', "_").to_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_built_inside_the_target_directory_of_the_cargo_around_us() {
        let directory = outer_target_directory().unwrap();
        assert!(env::current_exe().unwrap().starts_with(&directory));
        assert!(!directory.join("Cargo.toml").exists(), "that is a package: {}", directory.display());
    }

    #[test]
    fn a_target_directory_that_was_there_before_cargo_is_found_as_well() {
        let root = tempfile::tempdir().unwrap();
        let inside = root.path().join("debug/build/guest/out");
        std::fs::create_dir_all(&inside).unwrap();
        assert_eq!(target_directory_around(&inside), None);
        std::fs::write(root.path().join(".rustc_info.json"), "{}").unwrap();
        assert_eq!(target_directory_around(&inside).as_deref(), Some(root.path()));
    }

    #[test]
    fn the_linker_is_set_for_the_target_and_for_nothing_else() {
        assert_eq!(linker_variable(), "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER");
    }
}
