//! `lovely:session/key-value` over `wasi:keyvalue`: what the components in `components` share.
//!
//! No version of `wasi:keyvalue` has all that sessions need, so an adapter says what it cannot do, with `unsupported`,
//! before it does anything:
//!
//! | | `0.2.0-draft` | `0.2.0-draft2` |
//! |---|---|---|
//! | compare-and-swap, create-if-absent | no | yes |
//! | delete on a condition | no | no |
//! | lifetimes | no | no |
//!
//! Without lifetimes, sessions end by what stands in their records, and stay in the store until they are asked for.
//! Without compare-and-swap, sessions can be read and not written, unless [`LastWriterWins`] is chosen.
//!
//! A value is stored with a random stamp in front, which is its version: so each state of a key has one of its own.

pub mod bindings;
mod bucket;
mod calls;
mod draft;
mod draft2;
mod last_writer_wins;
mod request;
mod stamped;

pub use bindings::export;
pub use bucket::{Bucket, Problem, Replaced};
pub use calls::Adapter;
pub use draft::Draft;
pub use draft2::Draft2;
pub use last_writer_wins::LastWriterWins;
