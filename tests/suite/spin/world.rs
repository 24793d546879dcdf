//! Spin's world, and whether a component fits into it.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use wit_component::targets;
use wit_parser::{Resolve, Stability, WorldId};

/// The version of WASI that Spin has.
const WASI: &str = "0.2.6";

/// The crate that has the interfaces of WASI as files, in a later version.
const CRATE_OF_WASI: &str = "wasip2";

/// What Spin offers to components that answer HTTP, and wants of them.
pub struct World {
    resolve: Resolve,
    id: WorldId,
}

impl World {
    pub fn http_trigger() -> Self {
        let mut resolve = Resolve::default();
        resolve.push_dir(directory_of(CRATE_OF_WASI).join("wit")).unwrap();
        let spin = resolve.push_str("spin.wit", include_str!("spin.wit")).unwrap();
        forget_what_came_later(&mut resolve);
        let id = resolve.select_world(&[spin], Some("http-trigger")).unwrap();
        Self { resolve, id }
    }

    /// Checks that the types of all imports are offered, and that the types of all exports are what is wanted.
    pub fn check(&self, component: &[u8]) -> Result<(), String> {
        targets(&self.resolve, self.id, component, true).map_err(|error| format!("{error:#}"))
    }
}

/// Takes the functions out that WASI got after Spin's version of it. Types and interfaces would be harder to take out;
/// there are none but another name for a type.
fn forget_what_came_later(resolve: &mut Resolve) {
    let spins = WASI.parse().unwrap();
    let came_later = |stability: &Stability| match stability {
        Stability::Stable { since, .. } => *since > spins,
        Stability::Unknown | Stability::Unstable { .. } => false,
    };
    assert!(!resolve.interfaces.iter().any(|(_, interface)| came_later(&interface.stability)));
    assert!(!resolve.types.iter().any(|(_, kind)| came_later(&kind.stability)));
    for (_, interface) in resolve.interfaces.iter_mut() {
        interface.functions.retain(|_, function| !came_later(&function.stability));
    }
}

/// Where cargo has the sources of a crate that this workspace depends on.
fn directory_of(name: &str) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    // Of what is for other platforms there may be no sources.
    cargo.args(["metadata", "--locked", "--format-version=1", "--filter-platform", env!("TARGET")]);
    let answer = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let metadata: Value = serde_json::from_slice(&answer.stdout).unwrap();
    let mut packages = metadata["packages"].as_array().unwrap().iter();
    let package = packages.find(|package| package["name"] == name).unwrap();
    PathBuf::from(package["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()
}
