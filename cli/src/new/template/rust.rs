//! A new crate.

use super::{File, Steps, file, filled};
use crate::new::name::{InvalidName, ProjectName};
use crate::new::sdk::Sdk;

/// Not named `Cargo.toml`, because cargo leaves a directory with that file out of a package.
const MANIFEST: &str = include_str!("../../../templates/rust/Cargo.toml.template");
const LIBRARY: &str = include_str!("../../../templates/rust/src/lib.rs");
const GITIGNORE: &str = include_str!("../../../templates/rust/gitignore");

/// The releases of the SDK that belong to this command, which has the same version.
const RELEASE: &str = concat!("\"", env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"), "\"");

/// The keywords of Rust 2024, strict and reserved.
const KEYWORDS: [&str; 52] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// Crates of the Rust distribution, and the dependencies of the new crate.
const TAKEN: [&str; 7] = ["alloc", "core", "lovely_session", "proc_macro", "std", "test", "wasip2"];

pub(super) fn check(name: &ProjectName) -> Result<(), InvalidName> {
    let stem = stem(name);
    if KEYWORDS.contains(&name.as_str()) {
        Err(InvalidName::Keyword(stem))
    } else if TAKEN.contains(&stem.as_str()) {
        Err(InvalidName::Taken(stem))
    } else {
        Ok(())
    }
}

pub(super) fn files(name: &ProjectName, sdk: &Sdk) -> Vec<File> {
    let sdk = match sdk {
        Sdk::Release => RELEASE.to_owned(),
        // A string of TOML has the escapes of JSON.
        Sdk::Path(path) => format!("{{ path = {} }}", serde_json::Value::from(path.as_str())),
    };
    vec![
        filled("Cargo.toml", MANIFEST, name, &sdk),
        file(".gitignore", GITIGNORE),
        file("src/lib.rs", LIBRARY),
    ]
}

pub(super) fn steps(name: &ProjectName) -> Steps {
    Steps {
        once: Some("rustup target add wasm32-wasip2"),
        build: "cargo build --release --target wasm32-wasip2",
        component: format!("target/wasm32-wasip2/release/{}.wasm", stem(name)),
    }
}

/// The name as in the names of built files.
fn stem(name: &ProjectName) -> String {
    name.as_str().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_rust_or_the_crate_needs_is_refused() {
        use InvalidName::{Keyword, Taken};
        for (name, reason) in [
            ("fn", Keyword("fn".to_owned())),
            ("gen", Keyword("gen".to_owned())),
            ("test", Taken("test".to_owned())),
            ("proc-macro", Taken("proc_macro".to_owned())),
            ("lovely-session", Taken("lovely_session".to_owned())),
            ("wasip2", Taken("wasip2".to_owned())),
        ] {
            assert_eq!(check(&name.parse().unwrap()), Err(reason), "{name}");
        }
        assert_eq!(check(&"my-shop".parse().unwrap()), Ok(()));
    }
}
