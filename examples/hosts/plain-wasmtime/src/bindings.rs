//! What wasmtime generates from `wit/`, and nothing else.

#![allow(missing_docs, reason = "generated code")]

wasmtime::component::bindgen!({
    path: "../../../wit",
    world: "lovely:session/session-component",
});
