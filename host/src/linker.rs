//! Offers a store to components: the interface `lovely:session/key-value` in a wasmtime linker.

use std::fmt;
use std::sync::Arc;

use lovely_session_key_value::{Lifetime, Write};
use wasmtime::component::{HasSelf, Linker};

use crate::bindings::wit;
use crate::failure_log;
use crate::turns::InstanceTurns;
use lovely_session_key_value::KeyValue;

/// What the data of a wasmtime store holds so that its components reach a [`KeyValue`] store.
///
/// Making one costs little: make one for each instance. With [`Turns::context`](crate::Turns::context) instances that
/// race for one session are served one after the other; the turns of an instance end with its context.
pub struct KeyValueCtx {
    store: Arc<dyn KeyValue>,
    turns: Option<InstanceTurns>,
}

impl KeyValueCtx {
    /// Components see the records of `store`, and never wait for each other.
    pub fn new(store: Arc<dyn KeyValue>) -> Self {
        Self { store, turns: None }
    }

    /// Components see the records of `store`, and wait for their turns.
    pub(crate) fn in_turn(store: Arc<dyn KeyValue>, turns: InstanceTurns) -> Self {
        Self { store, turns: Some(turns) }
    }
}

impl fmt::Debug for KeyValueCtx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyValueCtx").finish_non_exhaustive()
    }
}

/// Finds the [`KeyValueCtx`] in the data of a wasmtime store.
pub trait KeyValueView: Send {
    /// The context to use for calls from this store's components.
    fn key_value(&mut self) -> &mut KeyValueCtx;
}

/// Adds `lovely:session/key-value` to a linker.
///
/// A call of the component suspends it until the store answers, so components must be instantiated and
/// called with wasmtime's asynchronous functions.
///
/// A failure of the store goes to the component and, as a warning of `tracing` with the target `store`, to the log: of
/// each kind at most one line in ten seconds, which tells how many were left out since the last one.
///
/// # Errors
///
/// When the linker has this interface already, unless it allows shadowing.
pub fn add_to_linker<T: KeyValueView + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, HasSelf<KeyValueCtx>>(linker, T::key_value)
}

impl wit::Host for KeyValueCtx {
    async fn get_many(
        &mut self,
        keys: Vec<String>,
        touch: Option<wit::Lifetime>,
    ) -> Result<Vec<Option<wit::Entry>>, wit::Error> {
        if let Some(turns) = &mut self.turns {
            turns.before_read(&keys, touch.is_some()).await;
        }
        let entries = self.store.get_many(keys, touch.map(Lifetime::from)).await;
        let entries = entries.inspect_err(|error| failure_log::call_failed(&*self.store, "read", error))?;
        Ok(entries.into_iter().map(|entry| entry.map(wit::Entry::from)).collect())
    }

    async fn write_many(&mut self, writes: Vec<wit::Write>) -> Result<Vec<wit::Outcome>, wit::Error> {
        let writes: Vec<Write> = writes.into_iter().map(Write::from).collect();
        let sent = self.turns.as_ref().map(|turns| turns.before_write(&writes));
        let outcomes = self.store.write_many(writes).await;
        let outcomes =
            outcomes.inspect_err(|error| failure_log::call_failed(&*self.store, "write", error))?;
        failure_log::written(&*self.store, &outcomes);
        if let Some((turns, sent)) = self.turns.as_mut().zip(sent) {
            turns.after_write(sent, &outcomes);
        }
        Ok(outcomes.into_iter().map(wit::Outcome::from).collect())
    }
}

lovely_session_key_value::conversions!(wit);
