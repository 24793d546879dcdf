//! The files of a new crate, for each language.

use clap::ValueEnum;

use super::name::CrateName;

/// The release of the SDK that belongs to this command: both have the same version.
const SDK_VERSION: &str = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));

/// Not named `Cargo.toml`, because cargo leaves a directory with that file out of a package.
const RUST_MANIFEST: &str = include_str!("../../templates/rust/Cargo.toml.template");
const RUST_LIBRARY: &str = include_str!("../../templates/rust/src/lib.rs");
const RUST_GITIGNORE: &str = include_str!("../../templates/rust/gitignore");

/// A programming language that there is a template for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Language {
    /// Rust
    Rust,
}

/// A file of a new crate.
#[derive(Debug)]
pub struct File {
    /// Its path in the crate, with `/` between directories.
    pub path: &'static str,
    /// What it contains.
    pub text: String,
}

impl Language {
    /// The files of a new crate.
    pub fn files(self, name: &CrateName) -> Vec<File> {
        match self {
            Self::Rust => vec![
                File { path: "Cargo.toml", text: rust_manifest(name) },
                File { path: ".gitignore", text: RUST_GITIGNORE.to_owned() },
                File { path: "src/lib.rs", text: RUST_LIBRARY.to_owned() },
            ],
        }
    }

    /// How to build and to serve a new crate, for a person.
    pub fn next_steps(self, name: &CrateName) -> String {
        match self {
            Self::Rust => rust_next_steps(name),
        }
    }
}

fn rust_manifest(name: &CrateName) -> String {
    RUST_MANIFEST.replace("{name}", name.as_str()).replace("{sdk_version}", SDK_VERSION)
}

fn rust_next_steps(name: &CrateName) -> String {
    let (directory, component) = (name.as_str(), name.file_stem());
    format!(
        "\
Created the crate `{directory}`. To build it, and to serve it on http://127.0.0.1:8080:

  rustup target add wasm32-wasip2
  cd {directory}
  cargo build --release --target wasm32-wasip2
  lovely-session serve target/wasm32-wasip2/release/{component}.wasm
"
    )
}
