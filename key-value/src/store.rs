//! The trait that a store implements.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use async_trait::async_trait;

use crate::types::{Entry, Error, Lifetime, Outcome, Write};

/// A store that keeps session records: `lovely:session/key-value` for implementers in Rust.
///
/// # The contract
///
/// - A call is one round trip to the store: one for each server that is involved, all at the same time. It returns
///   within a timeout that the implementation chooses.
/// - A store that cannot do what a call requires (expire entries, slide lifetimes, compare and swap) fails with
///   [`Error::Unsupported`]. It must never ignore the requirement.
/// - An `Err` of a read or a write means that the store has done nothing of the call. The result of each write is an [`Outcome`].
/// - Calls run concurrently. Of several concurrent writes that expect the same version, exactly one is applied.
/// - When the future of a call is dropped, its writes may be done or not, as with [`Outcome::Unknown`].
/// - Invalid calls fail before anything is done. The functions in [`check`](crate::check) find them.
///
/// # Example
///
/// ```
/// use lovely_session_key_value::{Entry, Error, KeyValue, Lifetime, Outcome, Write, async_trait};
///
/// /// A store that is never available.
/// struct Unavailable;
///
/// #[async_trait]
/// impl KeyValue for Unavailable {
///     async fn get_many(
///         &self,
///         _keys: Vec<String>,
///         _touch: Option<Lifetime>,
///     ) -> Result<Vec<Option<Entry>>, Error> {
///         Err(Error::Unavailable("the store is down; try again later".into()))
///     }
///
///     async fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
///         Ok(writes.iter().map(|_| Outcome::Unavailable).collect())
///     }
/// }
/// ```
#[async_trait]
pub trait KeyValue: Send + Sync + 'static {
    /// Reads entries. The result has one element for each key, in the order of the keys; it is `None` if the entry is
    /// absent or expired. With `touch`, the lifetime of each entry that was found slides to that lifetime in the same
    /// round trip, and its version stays the same. A key may occur twice.
    ///
    /// # Errors
    ///
    /// When one key cannot be read, the whole call fails, so that no missing result is taken for an absent entry. With
    /// `touch`, some lifetimes may have slid even then. An invalid key, and a lifetime of 0 seconds, fail with
    /// [`Error::Other`].
    async fn get_many(&self, keys: Vec<String>, touch: Option<Lifetime>)
    -> Result<Vec<Option<Entry>>, Error>;

    /// Does several independent writes. The result has one outcome for each, in their order. It is not a transaction:
    /// some can be applied and others not.
    ///
    /// # Errors
    ///
    /// Two writes of the same key, an invalid key, and a lifetime of 0 seconds fail with [`Error::Other`].
    /// [`Change::Touch`](crate::Change::Touch) and [`Change::Delete`](crate::Change::Delete) with
    /// [`Expectation::Absent`](crate::Expectation::Absent) fail with [`Error::Unsupported`]. In each case nothing is
    /// done.
    async fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, Error>;

    /// Drops a family: all entries whose keys have this [`family`](crate::family), at once for everybody who uses the
    /// store, and without visiting each. To callers it is as if all of them were deleted at one moment during the call,
    /// with a promise that no deletion of single entries can give: nothing that was written before, and no write under
    /// way that expects one of them, is ever seen again. Later writes of the same keys are new entries. Other families
    /// are not affected, also not those whose names begin with this one.
    ///
    /// With several servers there is a moment for each server, during the call.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] from a store that cannot, which is the default. [`Error::Other`] for an invalid name of a
    /// family. [`Error::Unavailable`] when a server has not confirmed it, though others may have done it; the text says
    /// which. Repeat the call then; this is harmless. What gets no reply may be done later.
    async fn drop_family(&self, family: String) -> Result<(), Error> {
        let text = format!("this store cannot drop the family {family:?}; delete its entries one by one");
        Err(Error::Unsupported(text))
    }

    /// Whether the store logs its failures itself. If not, the host logs the errors and outcomes that it returns. A
    /// store that wraps another one returns what that one returns. `false` by default.
    fn logs_failures(&self) -> bool {
        false
    }
}
