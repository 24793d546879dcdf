//! Keeps the machine's paths out of the component: the compiler would write them into the places of panics.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::rustc::Rustc;

/// What stands for a directory of this machine.
type Remap = (PathBuf, String);

/// The compiler's flags that replace this machine's paths with neutral ones.
///
/// Where several apply, the compiler takes the last: what lies inside another directory comes after it.
pub(crate) fn flags(workspace: &Path, target_directory: &Path, rustc: &Rustc) -> Vec<OsString> {
    let mut remaps =
        vec![(workspace.to_owned(), ".".to_owned()), (target_directory.to_owned(), "target".to_owned())];
    remaps.extend(cargo_home().iter().flat_map(|home| of_downloads(home)));
    remaps.extend(of_the_standard_library(rustc));
    remaps.into_iter().flat_map(under_both_names).map(flag).collect()
}

fn flag((from, to): Remap) -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(from);
    flag.push("=");
    flag.push(to);
    flag
}

/// A directory that is reached through a link has two names, and the compiler may meet either.
fn under_both_names((from, to): Remap) -> Vec<Remap> {
    let resolved = from.canonicalize().ok().filter(|resolved| *resolved != from);
    let resolved = resolved.map(|resolved| (resolved, to.clone()));
    std::iter::once((from, to)).chain(resolved).collect()
}

/// Where cargo keeps what it downloads, unless it is told otherwise.
fn cargo_home() -> Option<PathBuf> {
    let told = env::var_os("CARGO_HOME").map(PathBuf::from);
    told.or_else(|| Some(env::home_dir()?.join(".cargo")))
}

/// What cargo downloads. Each registry has a directory, named after its address: all are called the same, so that a
/// mirror gives the same component.
fn of_downloads(cargo_home: &Path) -> Vec<Remap> {
    let registries = fs::read_dir(cargo_home.join("registry/src")).into_iter().flatten().flatten();
    let mut remaps: Vec<Remap> = registries.map(|entry| (entry.path(), "registry".to_owned())).collect();
    remaps.sort();
    remaps.insert(0, (cargo_home.to_owned(), "cargo".to_owned()));
    remaps
}

/// The sources of the standard library, where they are installed. A compiled one names them in this form already.
fn of_the_standard_library(rustc: &Rustc) -> Option<Remap> {
    let sources = rustc.source_directory();
    sources.is_dir().then(|| (sources, format!("/rustc/{}", rustc.version.commit)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rustc::Version;
    use crate::scratch::Scratch;

    fn rustc(sysroot: &Path) -> Rustc {
        let version = Version { host: "machine".to_owned(), commit: "abc".to_owned(), number: (1, 95) };
        Rustc { program: PathBuf::from("rustc"), sysroot: sysroot.to_owned(), version }
    }

    #[test]
    fn the_target_directory_wins_over_the_workspace_around_it() {
        let flags = flags(Path::new("/w"), Path::new("/w/target"), &rustc(Path::new("/none")));
        assert_eq!(flags.first().unwrap(), "--remap-path-prefix=/w=.");
        assert_eq!(flags.get(1).unwrap(), "--remap-path-prefix=/w/target=target");
    }

    #[test]
    fn all_registries_have_one_name() {
        let home = Scratch::new();
        for registry in ["index.example-1", "mirror.example-2"] {
            fs::create_dir_all(home.path().join("registry/src").join(registry)).unwrap();
        }
        let named = |path: &str, to: &str| (home.path().join(path), to.to_owned());
        let expected = [
            named("", "cargo"),
            named("registry/src/index.example-1", "registry"),
            named("registry/src/mirror.example-2", "registry"),
        ];
        assert_eq!(of_downloads(home.path()), expected);
    }

    #[test]
    fn installed_standard_library_sources_are_named_as_a_compiled_one_names_them() {
        let sysroot = Scratch::new();
        assert_eq!(of_the_standard_library(&rustc(sysroot.path())), None);
        let sources = sysroot.path().join("lib/rustlib/src/rust");
        fs::create_dir_all(&sources).unwrap();
        assert_eq!(of_the_standard_library(&rustc(sysroot.path())), Some((sources, "/rustc/abc".to_owned())));
    }

    #[cfg(unix)]
    #[test]
    fn a_linked_directory_is_remapped_under_both_names() {
        let directory = Scratch::new();
        let real = directory.path().canonicalize().unwrap().join("real");
        let link = directory.path().join("link");
        fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let to = "target".to_owned();
        assert_eq!(under_both_names((link.clone(), to.clone())), [(link, to.clone()), (real, to)]);
    }
}
