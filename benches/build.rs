//! Builds the programs that are measured, and tells the bench where they are: `VISITOR_WASM`, `EMPTY_WASM` and
//! `CART_WASM` are the paths of components.

use std::path::Path;
use std::process::ExitCode;

use lovely_componentize::{BuildError, Builder, build_script};

fn main() -> ExitCode {
    build_script::main(|| {
        let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
        let builder = Builder::new(benches)?;
        provide(&builder, "VISITOR", &benches.join("programs/visitor"))?;
        provide(&builder, "EMPTY", &benches.join("programs/empty"))?;
        provide(&builder, "CART", &benches.join("../examples/cart"))
    })
}

/// Builds the program in a directory, and sets `<NAME>_WASM` to the path of the component.
fn provide(builder: &Builder, name: &str, directory: &Path) -> Result<(), BuildError> {
    let component = build_script::component(builder, directory, &format!("{}.wasm", name.to_lowercase()))?;
    println!("cargo::rustc-env={name}_WASM={}", component.display());
    Ok(())
}
