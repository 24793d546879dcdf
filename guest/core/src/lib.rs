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
//! | what the store holds under a key, with what is pending there | `stored` |
//! | how long records are kept, and when sessions are over | `lifetime` |
//! | how sessions join a transaction | `join` |
//! | a session in a transaction: what was loaded, and what was written over it | `joined`, `identity`, `overlay`, `counter`, `ordered` |
//! | savepoints | `journal` |
//! | what was read | `reads` |
//! | what the handles of a transaction share | `state` |
//! | how changes reach the store | `commit` |
//! | the handles | `transaction`, `container`, `session`, `package` |

#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod commit;
mod container;
mod counter;
mod environment;
mod error;
mod identity;
mod join;
mod joined;
mod journal;
mod json;
mod lifetime;
mod names;
mod options;
mod ordered;
mod overlay;
mod package;
mod reads;
mod record;
mod session;
mod state;
mod stored;
mod transaction;

pub use container::Container;
pub use counter::MAX_COUNTER;
pub use environment::{
    Change, Clock, Entry, Environment, Expectation, Lifetime, Outcome, Random, Store, StoreError, Version,
    Write,
};
pub use error::{Conflict, Error, NameKind, SessionName};
pub use names::{MAX_CONTAINER_NAME, MAX_NAME, store_key};
pub use options::{ContainerOptions, MAX_REMEMBER_ENDED, MAX_TIMEOUT};
pub use package::Package;
pub use record::{Header, Move, PackageText, Pending, Record, RecordError};
pub use session::Session;
pub use state::{Isolation, MAX_SESSIONS};
pub use transaction::{Savepoint, Transaction};
