//! The one unsafe call of this crate: it makes a component from machine code in a file.

use wasmtime::Engine;
use wasmtime::component::Component;

/// Loads code from [`Component::serialize`], by this process or another one of this user.
///
/// # Errors
///
/// When the code is for another version of wasmtime, another machine, or an engine with other settings.
#[allow(unsafe_code, reason = "there is no other way to load compiled code")]
pub(super) fn load(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: wasmtime requires bytes that it has serialized itself. These come from a file that this
    // user owns and no other user can write, in a directory of which the same is true; both were checked on
    // the open handles that the bytes were read through (`super::directory`). Their checksum was verified on
    // this very copy (`super::entry`), so a damaged file, or one that is changed while it is
    // read, is never loaded. Only `CodeCache::keep` writes such files, and only bytes from `serialize`. Wasmtime
    // itself checks that the version and the settings are those of the engine.
    unsafe { Component::deserialize(engine, code) }
}
