//! Builds the components from `guest`.

use std::path::Path;
use std::process::ExitCode;

use lovely_componentize::{Builder, build_script};

fn main() -> ExitCode {
    build_script::main(|| {
        let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let builder = Builder::new(&guest)?;
        build_script::component(&builder, &guest, "lovely-session.wasm")?;
        build_script::component(&builder, &guest.join("kv-memcached"), "kv-memcached.wasm")?;
        Ok(())
    })
}
