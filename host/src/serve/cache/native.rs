//! The one unsafe call of this crate: machine code from a file becomes a component.

use wasmtime::Engine;
use wasmtime::component::Component;

/// Loads code that [`Component::serialize`] gave earlier, to this process or another one of this user.
///
/// # Errors
///
/// When the code is for another version of wasmtime, another machine, or an engine with other settings.
#[allow(unsafe_code, reason = "there is no other way to load compiled code")]
pub(super) fn load(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: wasmtime asks for bytes that it has serialized itself. These come from a file that this
    // user owns and nobody else can write, in a directory of which the same is true; both were checked on
    // the open handles that the bytes were read through (`super::directory`). Their checksum was verified on
    // this very copy (`super::entry`), so neither a damaged file nor one that is changed while it is
    // read gets here. Only `CodeCache::keep` writes such files, and only what `serialize` gave. Wasmtime
    // checks by itself that version and settings are those of the engine.
    unsafe { Component::deserialize(engine, code) }
}
