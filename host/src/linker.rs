//! Adds the interface `lovely:session/key-value` to a wasmtime linker.

use wasmtime::component::{HasSelf, Linker};

use crate::bindings::wit;
use crate::context::KeyValueCtx;

/// Gives access to the [`KeyValueCtx`] in the data of a [`wasmtime::Store`].
pub trait KeyValueView: Send {
    /// The context for the calls of this store's components.
    fn key_value(&mut self) -> &mut KeyValueCtx;
}

/// Adds `lovely:session/key-value` to a linker.
///
/// Calls of a component wait for the store asynchronously, so instantiate and call components with wasmtime's `async`
/// functions.
///
/// A failure of the store is returned to the component. It is also logged, as a warning of `tracing` with the target
/// `store`: at most one line in ten seconds for each kind of failure, with the number of lines that were left out since
/// the last one.
///
/// # Errors
///
/// When the linker has this interface already and does not allow shadowing.
pub fn add_to_linker<T: KeyValueView + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, HasSelf<KeyValueCtx>>(linker, T::key_value)
}
