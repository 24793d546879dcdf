//! Transactional sessions as plain Rust: all the logic of the session component, and no I/O.
//!
//! A [`Container`] gives [`Session`]s within a [`Transaction`]; a session holds [`Package`]s, and a package
//! holds JSON texts by key. A transaction works on copies in memory, returns to [`Savepoint`]s, and writes
//! at commit what it changed, by compare-and-swap. What it needs from the outside (a key-value store, a
//! clock, randomness) is an [`Environment`].
//!
//! The rules are those of `wit/transactions.wit` and `wit/sessions.wit`; `docs/design.md` tells why.
//!
//! | what | where |
//! |---|---|
//! | names and store keys | `names` |
//! | the record's format | `record` |
//! | how sessions join, expire and slide | `join` |
//! | what a transaction wrote, over what it loaded | `working`, `overlay`, `ordered` |
//! | savepoints | `journal` |
//! | what it read | `reads` |
//! | how changes reach the store | `commit` |

#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod commit;
mod container;
mod environment;
mod error;
mod join;
mod journal;
mod json;
mod names;
mod ordered;
mod overlay;
mod reads;
mod record;
mod session;
mod transaction;
mod working;

pub use container::{Container, ContainerOptions, MAX_REMEMBER_ENDED, MAX_TIMEOUT};
pub use environment::{
    Change, Clock, Entry, Environment, Expectation, Lifetime, Outcome, Random, Store, StoreError, Version,
    Write,
};
pub use error::{Conflict, Error, NameKind, SessionName, SessionOutcome};
pub use names::{MAX_CONTAINER_NAME, MAX_NAME, store_key};
pub use record::{Facts, PackageText, Record, RecordError};
pub use session::{Package, Session};
pub use transaction::{Isolation, MAX_SESSIONS, Savepoint, Transaction};
