//! Serves edge functions with transactional sessions, and adds such sessions to any wasmtime host.
//!
//! The session component ([`SESSION_COMPONENT`]) implements the sessions. It keeps their records through one small
//! interface, `lovely:session/key-value`. This crate offers that interface to components ([`add_to_linker`],
//! [`KeyValueView`]) on top of a store ([`KeyValue`]): [`Memory`], [`Memcached`], [`ComponentStore`], or one of your
//! own. With [`Turns`] in front of the store, requests that race for one session are served one after the other.
//!
//! [`compose`] joins an application with the session component, and [`serve`] is an HTTP server for applications.
//!
//! ```
//! use std::sync::Arc;
//!
//! use lovely_session_host::{KeyValueCtx, KeyValueView, Memory, Turns, add_to_linker};
//! use wasmtime::component::Linker;
//!
//! struct State {
//!     key_value: KeyValueCtx,
//! }
//!
//! impl KeyValueView for State {
//!     fn key_value(&mut self) -> &mut KeyValueCtx {
//!         &mut self.key_value
//!     }
//! }
//!
//! # fn main() -> wasmtime::Result<()> {
//! let engine = wasmtime::Engine::default();
//! let mut linker = Linker::<State>::new(&engine);
//! add_to_linker(&mut linker)?;
//!
//! let sessions = Turns::new(Arc::new(Memory::new()));
//! let store = wasmtime::Store::new(&engine, State { key_value: sessions.context() });
//! # drop(store);
//! # Ok(())
//! # }
//! ```

pub mod compose;
pub mod serve;

mod bindings;
mod call_log;
mod context;
mod failure_log;
mod linker;
mod log_limit;
mod log_targets;
mod store_url;
mod stores;
mod turn_queues;
mod turns;

pub use call_log::{CallKind, CallLog, CallResult, StoreCall};
pub use context::KeyValueCtx;
pub use linker::{KeyValueView, add_to_linker};
pub use lovely_session_artifact::{COMPONENT as SESSION_COMPONENT, KV_MEMCACHED};
pub use lovely_session_key_value::{
    Change, Entry, Error, Expectation, KeyValue, Lifetime, Outcome, Version, Write, async_trait,
};
pub use store_url::{MemcachedUrl, OpenStore, StoreOptions, StoreUrl, StoreUrlError, open_store};
pub use stores::component::{ComponentError, ComponentStore, WasiState};
pub use stores::memcached::{
    CaCertificates, CertificateStoreError, ConnectError, FailureReason, HandshakeError, InvalidAddress,
    InvalidCredentials, LATENCY_BOUNDS, LatencyHistogram, Limitation, Memcached, MemcachedOptions, Password,
    ServerAddress, ServerFailure, ServerState, ServerStatistics, ServerStatus, Statistics, TlsError,
};
pub use stores::memory::{Clock, ManualClock, Memory, MemoryOptions};
pub use turn_queues::{TurnStatistics, TurnsOptions};
pub use turns::Turns;

/// Has the README's snippets compiled, as tests of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
