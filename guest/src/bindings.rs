//! The bindings that `build.rs` generates.

#![allow(
    missing_docs,
    unsafe_code,
    unsafe_op_in_unsafe_fn,
    unused_braces,
    unused_imports,
    unused_variables,
    clippy::all,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unreachable,
    clippy::unwrap_used,
    reason = "generated code"
)]

use crate::Component;

include!(concat!(env!("OUT_DIR"), "/bindings.rs"));

export!(Component with_types_in self);
