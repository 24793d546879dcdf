//! The example for Spin. Spin itself is not run here: what it would do with the manifests is done after it.

use std::fs;

use lovely_session_host::compose::{compose, with_store};
use lovely_session_host::{KV_MEMCACHED, SESSION_COMPONENT};
use lovely_session_tests::bytes::contains;
use lovely_session_tests::language::Language;
use wasmtime::Engine;
use wasmtime::component::Component;

use manifest::{Manifest, example};
use world::World;

mod manifest;
mod world;

const ON_MEMCACHED: &str = "spin.toml";
const ON_KEY_VALUE: &str = "key-value.toml";

/// What the README's commands write into this file.
fn written(file: &str) -> Vec<u8> {
    match file {
        "cart.wasm" => cart(Language::Rust),
        "lovely-session-memcached.wasm" => with_store(SESSION_COMPONENT, KV_MEMCACHED).unwrap(),
        "lovely-session-key-value.wasm" => {
            with_store(SESSION_COMPONENT, &fs::read(env!("KV_WASI_KEYVALUE_WASM")).unwrap()).unwrap()
        }
        _ => panic!("{file} is written by no command"),
    }
}

fn cart(language: Language) -> Vec<u8> {
    fs::read(language.cart()).unwrap()
}

/// The names of what a component imports and exports.
fn names(component: &[u8]) -> (Vec<String>, Vec<String>) {
    let engine = Engine::default();
    let component = Component::from_binary(&engine, component).unwrap();
    let world = component.component_type();
    let imports = world.imports(&engine).map(|(name, _)| name.to_owned()).collect();
    let exports = world.exports(&engine).map(|(name, _)| name.to_owned()).collect();
    (imports, exports)
}

/// The cart in a language, joined with the dependency that a manifest gives to it.
fn joined(manifest: &str, language: Language) -> Vec<u8> {
    let manifest = Manifest::read(manifest);
    let dependency = manifest.component().dependencies.values().next().unwrap();
    let joined = compose(&cart(language), &written(&dependency.path)).unwrap();
    assert!(contains(&joined, SESSION_COMPONENT));
    joined
}

#[test]
fn the_readmes_commands_write_every_file_that_the_manifests_name() {
    let readme = fs::read_to_string(example("README.md")).unwrap();
    for name in [ON_MEMCACHED, ON_KEY_VALUE] {
        for file in Manifest::read(name).component().files() {
            assert!(readme.contains(&format!("/{file}\n")), "{file} of {name}");
            assert!(!written(file).is_empty());
        }
    }
}

/// Spin takes the name of a package for all interfaces in it.
#[test]
fn each_interface_of_sessions_that_the_cart_imports_is_exported_by_one_dependency() {
    for name in [ON_MEMCACHED, ON_KEY_VALUE] {
        let manifest = Manifest::read(name);
        let component = manifest.component();
        let (imports, _) = names(&written(&component.source));
        let not_wasi: Vec<_> = imports.iter().filter(|import| !import.starts_with("wasi:")).collect();
        assert!(!not_wasi.is_empty(), "the cart has sessions");
        for import in not_wasi {
            let fits = |package: &str| import.strip_prefix(package).is_some_and(|rest| rest.starts_with('/'));
            let mut fitting = component.dependencies.iter().filter(|(package, _)| fits(package));
            let (_, dependency) = fitting.next().unwrap_or_else(|| panic!("{import} is missing in {name}"));
            assert!(fitting.next().is_none(), "{import} is there twice in {name}");
            assert!(names(&written(&dependency.path)).1.contains(import), "{import} in {name}");
        }
    }
}

#[test]
fn the_types_of_the_joined_component_fit_spins_world_in_every_language() {
    let world = World::http_trigger();
    for name in [ON_MEMCACHED, ON_KEY_VALUE] {
        for language in Language::ALL {
            let fits = world.check(&joined(name, language));
            assert_eq!(fits, Ok(()), "{language:?} with {name}");
        }
    }
}

/// Otherwise the test above would say nothing.
#[test]
fn what_spin_does_not_offer_does_not_fit_its_world() {
    let world = World::http_trigger();
    let unfit = [
        (cart(Language::Rust), "lovely:session/"),
        (with_store(SESSION_COMPONENT, KV_MEMCACHED).unwrap(), "wasi:http/incoming-handler"),
    ];
    for (component, reason) in unfit {
        let refusal = world.check(&component).unwrap_err();
        assert!(refusal.contains(reason), "{refusal}");
    }
}

#[test]
fn the_dependency_may_reach_its_store_and_nothing_else() {
    let manifest = Manifest::read(ON_MEMCACHED);
    let component = manifest.component();
    assert!(component.dependencies_inherit_configuration);
    // Spin 3 hands on the variable as it is; newer sources take the name of the dependency from its beginning.
    for variable in ["LOVELY_SESSION_MEMCACHED", "LOVELY_SESSION_LOVELY_SESSION_MEMCACHED"] {
        let server = &component.environment[variable];
        assert_eq!(component.allowed_outbound_hosts, [format!("tcp://{server}")]);
    }
    assert_eq!(component.key_value_stores, [""; 0]);

    let manifest = Manifest::read(ON_KEY_VALUE);
    let component = manifest.component();
    assert!(component.dependencies_inherit_configuration);
    assert_eq!(component.key_value_stores, ["default"]);
    assert_eq!(component.allowed_outbound_hosts, [""; 0]);
}
