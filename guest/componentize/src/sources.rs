//! The files that a component is built from, so that a build script runs again when one of them changes.

use std::path::{Path, PathBuf};

use crate::metadata::{Package, Workspace};

/// What cargo reads at the root of the workspace, and the WIT that all its components share.
const OF_THE_WORKSPACE: [&str; 5] =
    ["Cargo.toml", "Cargo.lock", ".cargo/config.toml", "rust-toolchain.toml", "wit"];

/// What a crate may consist of.
const OF_A_CRATE: [&str; 4] = ["Cargo.toml", "build.rs", "src", "wit"];

/// The files and directories that the component of a package is built from; of a directory, everything in it. All of
/// them exist: cargo takes a missing file for a change.
///
/// Whole directories rather than the files that the last build read: a new file counts as well, and the list is
/// known before the first build and after a failed one.
pub(crate) fn sources(workspace: &Workspace, package: &Package) -> Vec<PathBuf> {
    let mut paths = existing(&workspace.root, &OF_THE_WORKSPACE);
    for directory in workspace.directories_behind(package) {
        paths.extend(existing(directory, &OF_A_CRATE));
    }
    paths
}

fn existing(directory: &Path, names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|name| directory.join(name)).filter(|path| path.exists()).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn only_what_exists_is_named() {
        let directory = Scratch::new();
        fs::write(directory.path().join("Cargo.toml"), "").unwrap();
        fs::create_dir(directory.path().join("src")).unwrap();
        let expected = [directory.path().join("Cargo.toml"), directory.path().join("src")];
        assert_eq!(existing(directory.path(), &OF_A_CRATE), expected);
    }

    #[test]
    fn a_component_depends_on_its_crate_the_crates_behind_it_and_the_shared_wit() {
        let root = Scratch::new();
        for directory in ["wit", "shop/src", "core/src", "core/tests"] {
            fs::create_dir_all(root.path().join(directory)).unwrap();
        }
        let text = r#"{"workspace_root": "ROOT", "packages": [{
            "name": "shop", "manifest_path": "ROOT/shop/Cargo.toml", "targets": [],
            "dependencies": [{"path": "ROOT/core", "kind": null}]
        }]}"#;
        let text = text.replace("ROOT", root.path().to_str().unwrap());
        let workspace: Workspace = serde_json::from_str(&text).unwrap();
        let shop = workspace.package_named("shop").unwrap();
        let expected = ["wit", "shop/src", "core/src"].map(|path| root.path().join(path));
        assert_eq!(sources(&workspace, shop), expected);
    }
}
