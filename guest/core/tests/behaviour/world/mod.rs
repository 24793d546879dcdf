//! The environment of the core in tests.

mod environment;
mod sessions;
mod store;

pub use self::environment::{Fault, World};
pub use self::sessions::{
    LEVELS, Tx, conflict_keys, container, container_with, container_with_timeout, destroy, is_alive,
    is_pending, key, owned, package, renew, session,
};
