//! The generated bindings of what is imported, and nothing else.

#![allow(missing_docs, unsafe_code, clippy::all, reason = "generated code")]

wit_bindgen::generate!({ path: "wit", world: "imports", generate_all });

pub use wasi::*;
