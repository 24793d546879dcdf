//! The bindings that `wit-bindgen` generates.

#![allow(missing_docs, unsafe_code, unsafe_op_in_unsafe_fn, clippy::all, reason = "generated code")]

use crate::Component;

wit_bindgen::generate!({
    path: "../wit",
    world: "session-component",
    generate_all,
});

export!(Component with_types_in self);
