//! The generated bindings of the imports, and nothing else.

#[allow(missing_docs, unsafe_code, clippy::all, reason = "generated code")]
mod generated {
    wit_bindgen::generate!({
        path: ["../../wit", "wit"],
        world: "lovely:kv-wasi-keyvalue/imports",
        generate_all,
    });
}

pub use generated::wasi::keyvalue::{atomics, store};
pub use generated::wasi::random::random;
