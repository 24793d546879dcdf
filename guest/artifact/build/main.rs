//! Provides the components: those that a package from a registry brings along, or else built from `guest`.

mod component;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The name of each component's file, and the package that it is built from.
const COMPONENTS: [(&str, &str); 2] =
    [("lovely-session.wasm", "lovely-session-guest"), ("kv-memcached.wasm", "lovely-session-kv-memcached")];

fn main() -> ExitCode {
    component::main(|| {
        let out = std::env::var_os("OUT_DIR").map(PathBuf::from).ok_or("OUT_DIR is not set")?;
        // `make release` puts the components here before it packs this crate, and nobody else does.
        let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("components");
        let is_packed = packed.is_dir();
        for (file, package) in COMPONENTS {
            let built = if is_packed { packed.join(file) } else { component::build(package)? };
            fs::copy(&built, out.join(file))
                .map_err(|error| format!("cannot copy {}: {error}", built.display()))?;
        }
        Ok(())
    })
}
