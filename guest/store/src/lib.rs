//! What components that are stores share: the export of `lovely:session/key-value`, in the types of the port.
//!
//! A store implements [`Store`], and is exported with two lines:
//!
//! ```ignore
//! type Exported = lovely_session_guest_store::Adapter<MyStore>;
//! lovely_session_guest_store::export_store!(Exported);
//! ```

#[doc(hidden)]
pub mod bindings;

use std::marker::PhantomData;

use lovely_session_key_value::{Entry, Error, Lifetime, Outcome, Write, check};

#[doc(inline)]
pub use crate::bindings::export_store;
use crate::bindings::exports::lovely::session::key_value as wit;

/// A store. Its calls have passed the checks of the port that are the same for all stores: keys, lifetimes,
/// repeated keys, and changes of what is expected absent.
pub trait Store {
    /// Reads entries, in the order of the keys, and slides their lifetimes with `touch`.
    ///
    /// # Errors
    ///
    /// When a single key cannot be read.
    fn get_many(keys: Vec<String>, touch: Option<Lifetime>) -> Result<Vec<Option<Entry>>, Error>;

    /// Does writes, and answers what became of each, in their order.
    ///
    /// # Errors
    ///
    /// When nothing of the call was done.
    fn write_many(writes: Vec<Write>) -> Result<Vec<Outcome>, Error>;
}

/// A [`Store`] in terms of WIT.
pub struct Adapter<S>(PhantomData<S>);

impl<S: Store + 'static> wit::Guest for Adapter<S> {
    fn get_many(
        keys: Vec<String>,
        touch: Option<wit::Lifetime>,
    ) -> Result<Vec<Option<wit::Entry>>, wit::Error> {
        let touch = touch.map(Lifetime::from);
        check::read(&keys, touch).map_err(Error::from)?;
        let entries = S::get_many(keys, touch)?;
        Ok(entries.into_iter().map(|entry| entry.map(wit::Entry::from)).collect())
    }

    fn write_many(writes: Vec<wit::Write>) -> Result<Vec<wit::Outcome>, wit::Error> {
        let writes: Vec<_> = writes.into_iter().map(Write::from).collect();
        // Whether a version is the store's, only the store can tell.
        check::writes(&writes, |_| Ok(())).map_err(Error::from)?;
        Ok(S::write_many(writes)?.into_iter().map(wit::Outcome::from).collect())
    }
}

lovely_session_key_value::conversions!(wit);
