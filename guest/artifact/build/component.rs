//! Builds a member of the workspace into a WebAssembly component, for build scripts.
//!
//! This runs what a person would run, `cargo build --target wasm32-wasip2 --profile component --package NAME`, in a
//! target directory of its own, because the cargo that runs the build script holds the lock of the outer one. The
//! result is the same byte for byte wherever the same sources are built by the same compiler: flags and settings of
//! the outer build do not reach the inner one, and paths of the machine are replaced by neutral ones.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const TARGET: &str = "wasm32-wasip2";
const PROFILE: &str = "component";

/// Runs a build script, and shows its error to the person who waits for the build.
pub fn main(script: impl FnOnce() -> Result<(), String>) -> ExitCode {
    match script() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error={error}");
            ExitCode::FAILURE
        }
    }
}

/// Builds a package and returns the path of the component. Has cargo run the build script again when a source of the
/// component changes.
///
/// # Errors
///
/// When cargo fails; the compiler's messages are in the output of the build script.
pub fn build(package: &str) -> Result<PathBuf, String> {
    let workspace = workspace_root()?;
    let target_directory = outer_target_directory(&workspace).join("wasm");
    let mut cargo = Command::new(variable("CARGO")?);
    cargo.current_dir(&workspace).env_clear().envs(env::vars_os().filter(|(name, _)| is_inherited(name)));
    cargo.env("CARGO_ENCODED_RUSTFLAGS", remapped_paths(&workspace, &target_directory)?);
    cargo.args(["build", "--locked", "--target", TARGET, "--profile", PROFILE, "--package", package]);
    let status = cargo.arg("--target-dir").arg(&target_directory).status();
    match status {
        Ok(status) if status.success() => {}
        Ok(_) => {
            return Err(format!(
                "cannot build `{package}` for {TARGET}; if the target is missing, run `rustup target add {TARGET}`"
            ));
        }
        Err(error) => return Err(format!("cannot run cargo: {error}")),
    }
    let component = target_directory.join(TARGET).join(PROFILE).join(package.replace('-', "_") + ".wasm");
    watch_sources(&workspace, &component.with_extension("d"))?;
    Ok(component)
}

/// Builds packages, and sets a variable for the compiler of this package to the path of each component.
///
/// # Errors
///
/// As [`build`].
#[allow(dead_code, reason = "only some of the build scripts that include this file use it")]
pub fn provide(programs: &[(&str, &str)]) -> Result<(), String> {
    for (variable, package) in programs {
        println!("cargo::rustc-env={variable}={}", build(package)?.display());
    }
    Ok(())
}

fn variable(name: &str) -> Result<OsString, String> {
    env::var_os(name).ok_or_else(|| format!("{name} is not set; this runs in build scripts only"))
}

/// The directory above this package that has the lock file.
fn workspace_root() -> Result<PathBuf, String> {
    let package = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let root = package.ancestors().find(|directory| directory.join("Cargo.lock").is_file());
    root.map(Path::to_owned).ok_or_else(|| format!("there is no Cargo.lock above {}", package.display()))
}

/// The target directory of the cargo that runs this build script. A directory that cargo did not create has no tag,
/// and has the cache of the compiler's version once cargo has ended there.
fn outer_target_directory(workspace: &Path) -> PathBuf {
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    let is_target = |directory: &&Path| {
        ["CACHEDIR.TAG", ".rustc_info.json"].iter().any(|mark| directory.join(mark).is_file())
    };
    out.ancestors().find(is_target).map_or_else(|| workspace.join("target"), Path::to_owned)
}

/// Whether the inner cargo sees a variable: cargo and its caller set many that are meant for the outer build only.
fn is_inherited(name: &OsStr) -> bool {
    const KEPT: [&str; 9] = [
        "CARGO_HOME",
        "CARGO_HTTP_",
        "CARGO_MAKEFLAGS",
        "CARGO_NET_",
        "CARGO_REGISTRIES_",
        "CARGO_REGISTRY_",
        "CARGO_SOURCE_",
        "CARGO_TERM_",
        "RUSTUP_",
    ];
    const DROPPED: [&str; 11] = [
        "CARGO",
        "CLIPPY_",
        "DEBUG",
        "DEP_",
        "HOST",
        "NUM_JOBS",
        "OPT_LEVEL",
        "OUT_DIR",
        "PROFILE",
        "RUST",
        "TARGET",
    ];
    let name = name.to_string_lossy();
    let begins_with_one_of = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    begins_with_one_of(&KEPT) || !begins_with_one_of(&DROPPED)
}

/// The compiler's flags that replace the paths of this machine. Of several that apply, the compiler takes the last.
fn remapped_paths(workspace: &Path, target_directory: &Path) -> Result<OsString, String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo"))).unwrap_or_default();
    let mut remapped =
        vec![(workspace.to_owned(), "."), (target_directory.to_owned(), "target"), (home.clone(), "cargo")];
    // Each registry has a directory that is named after its address.
    let registries = fs::read_dir(home.join("registry/src")).into_iter().flatten().flatten();
    remapped.extend(registries.map(|entry| (entry.path(), "registry")));
    let (sources, name) = standard_library()?;
    remapped.push((sources, &name));
    let flags: Vec<OsString> = remapped.into_iter().map(|(from, to)| remap(&from, to)).collect();
    Ok(flags.join(OsStr::new("\x1f")))
}

fn remap(from: &Path, to: &str) -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(from);
    flag.push("=");
    flag.push(to);
    flag
}

/// Where the sources of the standard library are if they are installed, and the path that a compiled one names.
fn standard_library() -> Result<(PathBuf, String), String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let query = |arguments: &[&str]| {
        let output = Command::new(&rustc).args(arguments).output();
        let output = output.map_err(|error| format!("cannot run rustc: {error}"))?;
        String::from_utf8(output.stdout).map_err(|error| format!("rustc's output is no text: {error}"))
    };
    let version = query(&["--version", "--verbose"])?;
    let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or("unknown");
    let sysroot = query(&["--print", "sysroot"])?;
    Ok((Path::new(sysroot.trim()).join("lib/rustlib/src/rust"), format!("/rustc/{commit}")))
}

/// Has cargo run the build script again when one of these changes: the files that the compiler has read, which cargo
/// lists next to the component, and those that say how the workspace is built.
fn watch_sources(workspace: &Path, list: &Path) -> Result<(), String> {
    let text =
        fs::read_to_string(list).map_err(|error| format!("cannot read {}: {error}", list.display()))?;
    let (_, sources) = text.split_once(": ").unwrap_or_default();
    // A space in a path is escaped.
    let sources = sources.trim().replace("\\ ", "\0");
    for source in sources.split(' ') {
        println!("cargo::rerun-if-changed={}", source.replace('\0', " "));
    }
    for file in ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml"] {
        println!("cargo::rerun-if-changed={}", workspace.join(file).display());
    }
    Ok(())
}
