//! The generated bindings for calling the session component from a host.

#![allow(missing_docs, reason = "generated code")]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "lovely:session/session-component",
    imports: { default: async },
    exports: { default: async },
});
