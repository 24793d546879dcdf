//! Builds the session component from `guest`.

use std::path::Path;
use std::process::ExitCode;

use lovely_componentize::{Builder, build_script};

fn main() -> ExitCode {
    build_script::main(|| {
        let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        build_script::component(&Builder::new(&guest)?, &guest, "lovely-session.wasm")?;
        Ok(())
    })
}
