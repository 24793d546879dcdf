//! Spin's manifests in version 2: the keys that the examples use, and no others.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// A manifest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    spin_manifest_version: u32,
    application: Application,
    trigger: Trigger,
    component: BTreeMap<String, Component>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that they are there is all that is checked")]
struct Application {
    name: String,
    version: String,
    description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trigger {
    http: Vec<HttpTrigger>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpTrigger {
    route: String,
    component: String,
}

/// A component, and what it may do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    pub source: String,
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    #[serde(default)]
    pub allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    pub key_value_stores: Vec<String>,
    #[serde(default)]
    pub dependencies_inherit_configuration: bool,
    #[serde(default)]
    pub dependencies: BTreeMap<String, Dependency>,
}

/// A component that gives another what that imports.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    pub path: String,
}

impl Manifest {
    /// Reads a manifest of the example.
    pub fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(example(name)).unwrap();
        let manifest: Self = toml::from_str(&text).unwrap();
        assert_eq!(manifest.spin_manifest_version, 2);
        assert!(!manifest.application.name.is_empty());
        manifest
    }

    /// The one component, which answers all requests.
    pub fn component(&self) -> &Component {
        let [HttpTrigger { route, component }] = self.trigger.http.as_slice() else { panic!("one trigger") };
        assert_eq!(route, "/...");
        assert_eq!(self.component.len(), 1);
        &self.component[component]
    }
}

impl Component {
    /// The files that it is made of.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let dependencies = self.dependencies.values().map(|dependency| dependency.path.as_str());
        std::iter::once(self.source.as_str()).chain(dependencies)
    }
}

/// A file of the example.
pub fn example(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/hosts/spin").join(name)
}
