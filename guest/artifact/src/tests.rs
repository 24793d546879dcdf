//! What the components promise to those who load it, read from the built component.

use std::env;
use std::path::{Path, PathBuf};

use wit_component::DecodedWasm;
use wit_parser::{Resolve, World, WorldItem, WorldKey};

use crate::{COMPONENT, KV_MEMCACHED};

/// The component's world, as the binary tells it.
fn world(component: &[u8]) -> (Resolve, World) {
    match wit_component::decode(component).unwrap() {
        DecodedWasm::Component(resolve, id) => {
            let world = resolve.worlds[id].clone();
            (resolve, world)
        }
        DecodedWasm::WitPackage(..) => panic!("the bytes are a WIT package, not a component"),
    }
}

/// The full names of a world's imports or exports.
fn names<'a>(resolve: &Resolve, items: impl Iterator<Item = (&'a WorldKey, &'a WorldItem)>) -> Vec<String> {
    let mut names: Vec<String> = items.map(|(key, _)| resolve.name_world_key(key)).collect();
    names.sort();
    names
}

#[test]
fn the_component_imports_a_store_a_clock_and_randomness_and_nothing_else() {
    let (resolve, world) = world(COMPONENT);
    // The linker names the version of WASI that the target's C library has.
    let imports = names(&resolve, world.imports.iter());
    let imports: Vec<_> =
        imports.iter().map(|name| name.split_once("@0.").map_or(name.as_str(), |(name, _)| name)).collect();
    assert_eq!(imports, ["lovely:session/key-value", "wasi:clocks/wall-clock", "wasi:random/random"]);
}

#[test]
fn the_component_exports_transactions_sessions_and_reports_and_nothing_else() {
    let (resolve, world) = world(COMPONENT);
    assert_eq!(
        names(&resolve, world.exports.iter()),
        [
            "lovely:session/observation@0.1.0",
            "lovely:session/sessions@0.1.0",
            "lovely:session/transactions@0.1.0"
        ]
    );
}

#[test]
fn the_store_on_memcached_imports_wasi_and_nothing_else() {
    let (resolve, world) = world(KV_MEMCACHED);
    let imports = names(&resolve, world.imports.iter());
    assert!(imports.iter().all(|name| name.starts_with("wasi:") && name.contains("@0.2.")), "{imports:?}");
    assert!(!imports.iter().any(|name| name.starts_with("wasi:filesystem/")), "{imports:?}");
    assert_eq!(names(&resolve, world.exports.iter()), ["lovely:session/key-value@0.1.0"]);
}

#[test]
fn no_component_carries_a_path_of_the_machine_that_built_it() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.unwrap_or_else(|| env::home_dir().unwrap().join(".cargo"));
    for component in [COMPONENT, KV_MEMCACHED] {
        let text = String::from_utf8_lossy(component);
        for directory in [&workspace, &cargo_home] {
            let directory = directory.to_str().unwrap();
            assert!(!text.contains(directory), "a component contains {directory}");
        }
    }
}
