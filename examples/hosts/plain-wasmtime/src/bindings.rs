//! The bindings that wasmtime generates from `wit/`.

#![allow(missing_docs, reason = "generated code")]

wasmtime::component::bindgen!({
    path: "../../../wit",
    world: "lovely:session/session-component",
});
