//! A component that keeps session records on memcached servers, over WASI sockets.
//!
//! It exports `lovely:session/key-value`, and takes its configuration from the environment ([`Config`]). It can share
//! servers with the host's store: both are built on `lovely-session-memcached`, which has the protocol.
//!
//! Each instance has connections of its own, one to each server that it has needed, and keeps them for later calls. A
//! new connection begins with the handshake, which tells which process is at the other end. A read is sent along with
//! it, and a write after it. So the first read of an instance takes one round trip, and everything after that takes one
//! more for each call.

mod bindings;
mod call;
mod config;
mod connection;
mod exchange;
mod lost_races;
mod server;
mod state;

use lovely_session_guest_store::{Adapter, Store, export_store};
use lovely_session_key_value::{Entry, Error, Lifetime, Outcome, Write};

pub use config::{Config, ConfigError};

/// The store on the servers that the environment names.
struct Memcached;

impl Store for Memcached {
    fn get_many(keys: Vec<String>, touch: Option<Lifetime>) -> Result<Vec<Option<Entry>>, Error> {
        state::with(|state| call::get_many(state, keys, touch))
    }

    fn write_many(writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
        state::with(|state| call::write_many(state, writes))
    }
}

type Exported = Adapter<Memcached>;

export_store!(Exported);
