//! Builds the WebAssembly programs of the tests, and sets variables with their paths:
//!
//! - `CART_WASM` is the path of the component that `examples/cart` becomes, and `COUNTER_WASM` that of
//!   `examples/counter`;
//! - `KV_<NAME>_WASM` is that of `guest/kv-wasi-keyvalue/components/<name>`, the name as below;
//! - `PROGRAM_<NAME>_WASM` is that of `programs/<name>`, the name in upper case and with `_` for `-`. Every directory
//!   in `programs` is a program;
//! - `TARGET` is the platform that the tests are built for.
//!
//! Tests read them with `env!`, so a program that does not build, or is not there, stops the tests from compiling.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lovely_componentize::{BuildError, Builder, build_script};

fn main() -> ExitCode {
    build_script::main(|| {
        println!("cargo::rustc-env=TARGET={}", std::env::var("TARGET").unwrap_or_default());
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let builder = Builder::new(tests)?;
        provide(&builder, "CART", &tests.join("../examples/cart"))?;
        provide(&builder, "COUNTER", &tests.join("../examples/counter"))?;
        provide_all(&builder, "KV", &tests.join("../guest/kv-wasi-keyvalue/components"))?;
        provide_all(&builder, "PROGRAM", &tests.join("programs"))
    })
}

/// Builds what each directory in a directory has, and sets `<PREFIX>_<NAME>_WASM` to the path of the component.
fn provide_all(builder: &Builder, prefix: &str, parent: &Path) -> Result<(), BuildError> {
    // For directories that come and go; what a component is built from is watched by itself.
    println!("cargo::rerun-if-changed={}", parent.display());
    for directory in directories_in(parent)? {
        let name = directory.file_name().unwrap_or_default().to_string_lossy();
        let name = name.to_uppercase().replace('-', "_");
        provide(builder, &format!("{prefix}_{name}"), &directory)?;
    }
    Ok(())
}

/// Builds the program in a directory, and sets `<NAME>_WASM` to the path of the component.
fn provide(builder: &Builder, name: &str, directory: &Path) -> Result<(), BuildError> {
    let component = build_script::component(builder, directory, &format!("{}.wasm", name.to_lowercase()))?;
    println!("cargo::rustc-env={name}_WASM={}", component.display());
    Ok(())
}

/// The directories in a directory, sorted.
fn directories_in(directory: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let entries = fs::read_dir(directory).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|source| BuildError::Read { path: directory.to_owned(), source })?;
    let mut directories: Vec<PathBuf> =
        entries.iter().map(fs::DirEntry::path).filter(|path| path.is_dir()).collect();
    directories.sort();
    Ok(directories)
}
