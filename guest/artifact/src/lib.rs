//! The session component as bytes, built from source along with this crate.
//!
//! A host needs no file beside its binary: it composes applications with [`COMPONENT`].

/// The session component: the WebAssembly binary of the world `lovely:session/session-component@0.1.0`.
///
/// It imports `lovely:session/key-value`, `wasi:clocks/wall-clock` and `wasi:random/random`, and nothing else; it
/// exports `lovely:session/transactions` and `lovely:session/sessions`. It is valid, the same byte for byte wherever
/// it is built from the same sources with the same compiler, and carries no path of the machine that built it.
pub const COMPONENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/lovely-session.wasm"));

#[cfg(test)]
mod tests;
