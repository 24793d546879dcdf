//! The trait that a store implements: the contract of `lovely:session/key-value`, for implementers in Rust.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use async_trait::async_trait;

use crate::{Entry, Error, Lifetime, Outcome, Write};

/// A store that keeps session records.
///
/// # What an implementation owes its callers
///
/// - Keys are 1 to 250 printable ASCII characters without spaces. Refuse others with [`Error::Other`].
/// - A call is one round trip to the store: one for each server that is involved, all at the same time. It
///   answers within a deadline that the implementation chooses.
/// - A store that cannot honour what a call asks for (expiry, sliding, compare-and-swap) fails with
///   [`Error::Unsupported`]. It never pretends.
/// - An `Err` means that nothing of the call was done. What became of single writes is an [`Outcome`].
/// - Dropping the future of a call may leave its writes done or not done, like [`Outcome::Unknown`].
///
/// # Implementing it
///
/// ```
/// use lovely_session_key_value::{Entry, Error, KeyValue, Lifetime, Outcome, Write, async_trait};
///
/// /// A store that is always away.
/// struct Away;
///
/// #[async_trait]
/// impl KeyValue for Away {
///     async fn get_many(
///         &self,
///         _keys: Vec<String>,
///         _touch: Option<Lifetime>,
///     ) -> Result<Vec<Option<Entry>>, Error> {
///         Err(Error::Unavailable("the store is away; try again later".into()))
///     }
///
///     async fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
///         Ok(writes.iter().map(|_| Outcome::Unavailable).collect())
///     }
/// }
/// ```
#[async_trait]
pub trait KeyValue: Send + Sync + 'static {
    /// Reads entries, one answer for each key and in the order of the keys; absent and expired ones are
    /// `None`. With `touch` the lifetime of each entry found slides to the one given, in the same round
    /// trip; that changes no version.
    ///
    /// # Errors
    ///
    /// When a single key cannot be read, the whole call fails: half an answer could be mistaken for
    /// absent entries. With `touch`, some lifetimes may have slid all the same.
    async fn get_many(&self, keys: Vec<String>, touch: Option<Lifetime>)
    -> Result<Vec<Option<Entry>>, Error>;

    /// Does several independent writes, and answers what became of each, in their order. It is no
    /// transaction: some can be applied and others not.
    ///
    /// # Errors
    ///
    /// Two writes of the same key in one call, a bad key and a lifetime of 0 seconds are refused with
    /// [`Error::Other`]; [`Change::Touch`](crate::Change::Touch) and [`Change::Delete`](crate::Change::Delete) with [`Expectation::Absent`](crate::Expectation::Absent) mean
    /// nothing and are refused with [`Error::Unsupported`]. In each case before anything is done.
    async fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, Error>;

    /// Whether the store writes its failures to the log itself, with more than its errors tell. The linker logs those
    /// of the others; a store around another one passes on what that one says. `false` unless it is overridden.
    fn logs_failures(&self) -> bool {
        false
    }
}
