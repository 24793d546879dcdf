//! A component that keeps session records in a store that offers `wasi:keyvalue@0.2.0-draft2`.
//!
//! That draft has compare-and-swap, which is what sessions need to lose no update. It has no lifetimes and cannot delete
//! on a condition, so this store fails such calls with `unsupported` before it does anything. Without lifetimes, a
//! session ends by what stands in its record, and the record stays in the store until somebody asks for the session.
//!
//! A value is stored behind a random stamp, which is its version: every state of a key has a version of its own.

mod bindings;
mod bucket;
mod stamped;
mod store;
mod support;

use lovely_session_guest_store::{Adapter, export_store};

use crate::store::WasiKeyValue;

type Exported = Adapter<WasiKeyValue>;

export_store!(Exported);
