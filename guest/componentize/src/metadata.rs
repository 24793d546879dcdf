//! The packages of the workspace, as cargo tells them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::BuildError;
use crate::rustc::query;

/// The workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    /// Its root directory.
    #[serde(rename = "workspace_root")]
    pub root: PathBuf,
    /// Its members.
    packages: Vec<Package>,
}

/// A member of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    /// Its name.
    pub name: String,
    /// Its `Cargo.toml`.
    pub manifest_path: PathBuf,
    targets: Vec<Target>,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    crate_types: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    path: Option<PathBuf>,
    kind: Option<String>,
}

impl Workspace {
    /// Asks cargo about the workspace that a directory belongs to.
    pub fn of(directory: &Path, cargo: &Path) -> Result<Workspace, BuildError> {
        let answer = query(
            Command::new(cargo)
                .args(["metadata", "--no-deps", "--format-version", "1"])
                .current_dir(directory),
        )?;
        serde_json::from_str(&answer).map_err(|error| BuildError::Answer {
            program: cargo.to_owned(),
            reason: format!("its metadata cannot be read: {error}"),
        })
    }

    /// The member in a directory.
    pub fn package_in(&self, directory: &Path) -> Result<&Package, BuildError> {
        let manifest = directory.join("Cargo.toml");
        let Ok(manifest) = manifest.canonicalize() else {
            return Err(BuildError::NoManifest { directory: directory.to_owned() });
        };
        self.find(&directory.display().to_string(), |package| {
            package.manifest_path.canonicalize().is_ok_and(|path| path == manifest)
        })
    }

    /// The member of a name.
    pub fn package_named(&self, name: &str) -> Result<&Package, BuildError> {
        self.find(name, |package| package.name == name)
    }

    /// The directories of a member and of everything it is built from that has a path, each once.
    pub fn directories_behind<'a>(&'a self, package: &'a Package) -> Vec<&'a Path> {
        let mut directories: Vec<&Path> = Vec::new();
        let mut waiting = vec![package.directory()];
        while let Some(directory) = waiting.pop() {
            if directories.contains(&directory) {
                continue;
            }
            directories.push(directory);
            let member = self.packages.iter().find(|package| package.directory() == directory);
            waiting.extend(member.into_iter().flat_map(Package::built_from));
        }
        directories
    }

    fn find(&self, wanted: &str, matches: impl Fn(&&Package) -> bool) -> Result<&Package, BuildError> {
        self.packages.iter().find(matches).ok_or_else(|| BuildError::NotAMember {
            crate_name: wanted.to_owned(),
            workspace: self.root.clone(),
        })
    }
}

impl Package {
    /// The directory of its `Cargo.toml`.
    pub fn directory(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }

    /// The file name of the module that its library becomes.
    pub fn module_name(&self) -> Result<String, BuildError> {
        self.targets
            .iter()
            .find(|target| target.crate_types.iter().any(|crate_type| crate_type == "cdylib"))
            .map(|target| format!("{}.wasm", target.name.replace('-', "_")))
            .ok_or_else(|| BuildError::NotACdylib { package: self.name.clone() })
    }

    /// The directories of the dependencies that have a path and take part in the build.
    fn built_from(&self) -> impl Iterator<Item = &Path> {
        self.dependencies
            .iter()
            .filter(|dependency| dependency.kind.as_deref() != Some("dev"))
            .filter_map(|dependency| dependency.path.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn workspace() -> Workspace {
        serde_json::from_str(
            r#"{
              "workspace_root": "/w",
              "packages": [
                {
                  "name": "shop", "manifest_path": "/w/shop/Cargo.toml",
                  "targets": [{"name": "lovely-shop", "crate_types": ["cdylib"]}],
                  "dependencies": [
                    {"path": "/w/core", "kind": null}, {"path": "/w/fixtures", "kind": "dev"},
                    {"kind": null}
                  ]
                },
                {
                  "name": "core", "manifest_path": "/w/core/Cargo.toml",
                  "targets": [{"name": "core", "crate_types": ["lib"]}],
                  "dependencies": [{"path": "/w/codegen", "kind": "build"}, {"path": "/w/core", "kind": null}]
                }
              ]
            }"#,
        )
        .unwrap()
    }

    #[test]
    fn the_module_is_named_after_the_library() {
        let workspace = workspace();
        assert_eq!(workspace.package_named("shop").unwrap().module_name().unwrap(), "lovely_shop.wasm");
    }

    #[test]
    fn a_package_without_a_cdylib_cannot_become_a_component() {
        let workspace = workspace();
        let error = workspace.package_named("core").unwrap().module_name().unwrap_err();
        assert!(matches!(error, BuildError::NotACdylib { package } if package == "core"));
    }

    #[test]
    fn a_package_of_another_workspace_is_no_member() {
        let error = workspace().package_named("stranger").unwrap_err();
        assert!(matches!(error, BuildError::NotAMember { crate_name, .. } if crate_name == "stranger"));
    }

    #[test]
    fn a_directory_without_a_manifest_is_told_so() {
        let directory = Scratch::new();
        let error = workspace().package_in(directory.path()).unwrap_err();
        assert!(matches!(error, BuildError::NoManifest { directory: given } if given == directory.path()));
    }

    #[test]
    fn a_package_is_built_from_its_path_dependencies_and_theirs_but_not_from_what_its_tests_use() {
        let workspace = workspace();
        let shop = workspace.package_named("shop").unwrap();
        assert_eq!(
            workspace.directories_behind(shop),
            [Path::new("/w/shop"), Path::new("/w/core"), Path::new("/w/codegen")]
        );
    }
}
