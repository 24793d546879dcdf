//! Transactional sessions as plain Rust: all the logic of the session component, without I/O.
//!
//! A [`Container`] gives [`Session`]s within a [`Transaction`]; a session has [`Package`]s, and a package
//! maps keys to JSON texts. A transaction works on copies in memory, can return to [`Savepoint`]s, and writes
//! its changes at commit, by compare-and-swap. A key-value store, a clock and randomness come from an
//! [`Environment`].
//!
//! The contract is that of the WIT interfaces `sessions` and `transactions`; `docs/design.md` explains the
//! commit protocol.
//!
//! | what | module |
//! |---|---|
//! | limits of names, and store keys | `names` |
//! | the format of records | `record` |
//! | what the store holds under a key, with pending changes resolved | `stored` |
//! | how long records are kept, and when sessions time out | `lifetime` |
//! | how sessions join a transaction | `join` |
//! | joined sessions: what was loaded, and the edits on top of it | `joined`, `identity`, `overlay`, `counter`, `ordered` |
//! | savepoints | `journal` |
//! | which session of a transaction has a life | `lives` |
//! | what a transaction read | `reads` |
//! | the state that the handles of a transaction share | `state` |
//! | how changes are written to the store | `commit` |
//! | what became of a transaction | `observation` |
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
mod lives;
mod names;
mod observation;
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
    Change, Clock, Entry, Environment, Expectation, Lifetime, Observer, Outcome, Random, Store, StoreError,
    Version, Write,
};
pub use error::{Conflict, Error, NameKind, SessionName};
pub use names::{MAX_CONTAINER_NAME, MAX_NAME, store_key};
pub use observation::{Ending, Participation, Report};
pub use options::{ContainerOptions, MAX_REMEMBER_ENDED, MAX_TIMEOUT};
pub use package::Package;
pub use record::{Header, Move, PackageText, Pending, Record, RecordError};
pub use session::Session;
pub use state::{Isolation, MAX_SESSIONS};
pub use transaction::{Savepoint, Transaction};
