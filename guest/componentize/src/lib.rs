//! Builds a Rust crate of this workspace into a WebAssembly component.
//!
//! The crate must be a `cdylib` whose bindings come from `wit-bindgen`. It is compiled for
//! `wasm32-unknown-unknown` in the profile `component`, by a cargo of its own with a target directory of its own,
//! so this works inside a build script; then the core module is wrapped into a component and validated. The imports
//! of the result are exactly those of the crate's WIT world.
//!
//! - [`Builder`] builds components, one or many.
//! - [`build_script`] is the way to do that from a `build.rs`.
//! - The binary of this package does it from a shell: `cargo run -p lovely-componentize -- --help`.
//!
//! The result depends on the sources, the lock file and the compiler, and on nothing else: it is the same byte for
//! byte in any directory, and carries no path of the machine that built it.
//!
//! # The WebAssembly standard library
//!
//! Rust's standard library for `wasm32-unknown-unknown` is looked for in two places (see [`WasmStd`]): first with the
//! Rust toolchain in use, then as sources in Debian's packages. The environment variable [`WASM_STD_VARIABLE`] names
//! one of them and forbids the other.

pub mod build_script;

mod builder;
mod compile;
mod environment;
mod error;
mod metadata;
mod names;
mod remap;
mod rustc;
#[cfg(test)]
mod scratch;
mod sources;
mod toolchain;
mod wasm_std;

pub use builder::{Builder, Names};
pub use error::{BuildError, explain};
pub use wasm_std::{WASM_STD_VARIABLE, WasmStd};
