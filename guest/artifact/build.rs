//! Builds the components from `guest`.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use lovely_componentize::{Builder, build_script};

fn main() -> ExitCode {
    if let Err(error) = kv_memcached() {
        println!("cargo::error=cannot build kv-memcached: {error}");
        return ExitCode::FAILURE;
    }
    build_script::main(|| {
        let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        build_script::component(&Builder::new(&guest)?, &guest, "lovely-session.wasm")?;
        Ok(())
    })
}

/// Builds the store component, which needs the standard library and so the target `wasm32-wasip2`.
fn kv_memcached() -> io::Result<()> {
    let variable = |name| env::var_os(name).map(PathBuf::from).ok_or_else(|| io::Error::other(name));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let out_dir = variable("OUT_DIR")?;
    for source in ["Cargo.lock", "guest/kv-memcached", "guest/pauses", "guest/store", "key-value", "wit"] {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| Some(env::home_dir()?.join(".cargo"))).unwrap_or_default();
    let remap = |path: &Path, name: &str| format!("--remap-path-prefix={}={name}", path.display());
    let target = root.join("target/wasm");
    let mut cargo = Command::new(variable("CARGO")?);
    cargo.current_dir(&root);
    for name in ["RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "RUSTFLAGS", "CARGO_BUILD_TARGET"] {
        cargo.env_remove(name);
    }
    let flags = [remap(&cargo_home, "cargo"), remap(&root, ".")];
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    cargo.args(["build", "--locked", "--target", "wasm32-wasip2", "--profile", "component"]);
    cargo.args(["--package", "lovely-session-kv-memcached", "--target-dir"]).arg(&target);
    if !cargo.status()?.success() {
        return Err(io::Error::other("cargo has failed"));
    }
    let component = target.join("wasm32-wasip2/component/lovely_session_kv_memcached.wasm");
    fs::copy(component, out_dir.join("kv-memcached.wasm")).map(drop)
}
