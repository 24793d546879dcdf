//! The generated bindings for calling a store component, and nothing else.

#![allow(missing_docs, reason = "generated code")]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "lovely:session/store-component",
    exports: { default: async },
});

pub use exports::lovely::session::key_value as wit;
