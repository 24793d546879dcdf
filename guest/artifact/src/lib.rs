//! The session component and the store component on memcached as bytes. A package from a registry brings them along; in a
//! checkout, the build script builds them from source.
//!
//! A host needs no file beside its binary: it composes applications with [`COMPONENT`]. For hosts that have no store
//! of their own, the session component is composed with a store component first.

/// The session component: the WebAssembly binary of the world `lovely:session/session-component@0.1.0`.
///
/// It imports `lovely:session/key-value`, `wasi:clocks/wall-clock` and `wasi:random/random`, and nothing else; it
/// exports `lovely:session/transactions`, `lovely:session/sessions` and `lovely:session/observation`. It is valid, the
/// same byte for byte wherever it is built from the same sources with the same compiler, and carries no path of the
/// machine that built it.
pub const COMPONENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/lovely-session.wasm"));

/// The store component for memcached: it exports `lovely:session/key-value`, and imports nothing but WASI 0.2.
///
/// `LOVELY_SESSION_MEMCACHED` in its environment names the servers, as `HOST:PORT[,HOST:PORT...]`, and
/// `LOVELY_SESSION_MEMCACHED_TIMEOUT_MS` says how long a call may take. It shares servers with the host's store.
pub const KV_MEMCACHED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/kv-memcached.wasm"));

#[cfg(test)]
mod tests;
