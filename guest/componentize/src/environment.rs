//! Which variables of this process the inner cargo may see.
//!
//! An outer cargo tells its build scripts about the build it is doing: for another target, with other flags, perhaps
//! with clippy in place of the compiler. Whoever runs cargo may have set such variables as well. None of that is
//! meant for the build of the component, and the result must not depend on it.

use std::ffi::{OsStr, OsString};

/// What of cargo's and rustup's variables says how to reach the registry and how to talk, rather than what to build.
const KEPT_NAMES: [&str; 4] = ["CARGO_HOME", "CARGO_MAKEFLAGS", "CARGO_BUILD_JOBS", "RUST_BACKTRACE"];
const KEPT_PREFIXES: [&str; 7] = [
    "CARGO_HTTP_",
    "CARGO_NET_",
    "CARGO_REGISTRIES_",
    "CARGO_REGISTRY_",
    "CARGO_SOURCE_",
    "CARGO_TERM_",
    "RUSTUP_",
];

/// What cargo sets for build scripts under names that are not its own.
const BUILD_SCRIPT_NAMES: [&str; 7] =
    ["DEBUG", "HOST", "NUM_JOBS", "OPT_LEVEL", "OUT_DIR", "PROFILE", "TARGET"];
const BUILD_SCRIPT_PREFIXES: [&str; 5] = ["CARGO", "CLIPPY_", "DEP_", "RUST", "__CARGO"];

/// The variables that the inner cargo may see.
pub(crate) fn inherited(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> impl Iterator<Item = (OsString, OsString)> {
    variables.filter(|(name, _)| is_inherited(name))
}

fn is_inherited(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let starts_with_any = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    if KEPT_NAMES.contains(&&*name) || starts_with_any(&KEPT_PREFIXES) {
        return true;
    }
    !BUILD_SCRIPT_NAMES.contains(&&*name) && !starts_with_any(&BUILD_SCRIPT_PREFIXES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(names: &[&str]) -> Vec<String> {
        let variables = names.iter().map(|name| (OsString::from(name), OsString::from("value")));
        inherited(variables).map(|(name, _)| name.into_string().unwrap()).collect()
    }

    #[test]
    fn the_outer_builds_flags_and_directories_are_dropped() {
        let names = [
            "CARGO",
            "CARGO_BUILD_TARGET",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_INCREMENTAL",
            "CARGO_MANIFEST_DIR",
            "CARGO_PROFILE_COMPONENT_OPT_LEVEL",
            "CARGO_TARGET_DIR",
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER",
            "CARGO_UNSTABLE_BUILD_STD",
            "DEP_FOO_INCLUDE",
            "OUT_DIR",
            "RUSTDOCFLAGS",
            "RUSTFLAGS",
            "TARGET",
        ];
        assert_eq!(kept(&names), [""; 0]);
    }

    #[test]
    fn compilers_and_wrappers_of_the_outer_build_are_dropped() {
        let names = ["CLIPPY_ARGS", "RUSTC", "RUSTC_BOOTSTRAP", "RUSTC_WORKSPACE_WRAPPER", "RUSTC_WRAPPER"];
        assert_eq!(kept(&names), [""; 0]);
    }

    #[test]
    fn what_says_how_to_reach_the_registry_is_kept() {
        let names = [
            "CARGO_HOME",
            "CARGO_HTTP_CAINFO",
            "CARGO_NET_OFFLINE",
            "CARGO_REGISTRIES_MIRROR_INDEX",
            "CARGO_SOURCE_CRATES_IO_REPLACE_WITH",
            "RUSTUP_HOME",
            "RUSTUP_TOOLCHAIN",
        ];
        assert_eq!(kept(&names), names);
    }

    #[test]
    fn the_job_server_is_shared_so_that_both_builds_together_use_the_machine_once() {
        assert_eq!(kept(&["CARGO_MAKEFLAGS", "MAKEFLAGS"]), ["CARGO_MAKEFLAGS", "MAKEFLAGS"]);
    }

    #[test]
    fn everything_else_is_kept() {
        assert_eq!(kept(&["HOME", "PATH", "https_proxy"]), ["HOME", "PATH", "https_proxy"]);
    }
}
