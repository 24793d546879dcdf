//! What each version of `wasi:keyvalue` offers, in one shape.

/// The buckets that a host may have without being told, in the order in which they are tried.
const DEFAULT_BUCKETS: [&str; 2] = ["default", ""];

/// A bucket of the host.
pub trait Bucket: Sized {
    /// Whether [`Bucket::replace`] works.
    const COMPARES: bool;

    /// Whether [`Bucket::delete_as`] works.
    const DELETES_ON_A_CONDITION: bool;

    /// The host's default bucket; the same one in all calls of an instance.
    ///
    /// # Errors
    ///
    /// When the host does not let this component have one.
    fn open() -> Result<Self, Problem>;

    /// The value under a key.
    ///
    /// # Errors
    ///
    /// When the store fails.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Problem>;

    /// Stores a value, whatever there is.
    ///
    /// # Errors
    ///
    /// When the store fails; the value may be stored.
    fn set(&self, key: &str, value: &[u8]) -> Result<(), Problem>;

    /// Removes a key, whatever it holds.
    ///
    /// # Errors
    ///
    /// When the store fails; the key may be gone.
    fn delete(&self, key: &str) -> Result<(), Problem>;

    /// Stores a value if `fits` says so of what there is.
    fn replace(&self, key: &str, value: &[u8], fits: impl Fn(Option<&[u8]>) -> bool) -> Replaced;

    /// Removes a key if `fits` says so of what there is.
    fn delete_as(&self, key: &str, fits: impl Fn(Option<&[u8]>) -> bool) -> Replaced;
}

/// What became of a change on a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// It was made.
    Done,
    /// There was something else.
    Unfit,
    /// There was nothing, and that did not fit.
    Missing,
    /// The store failed before anything was done.
    NotDone,
    /// The store failed, and it may be done.
    Unknown,
}

/// Why a store failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The host has no default bucket, or not for this component.
    Denied,
    /// Anything else, told for a person.
    Other(String),
}

/// Opens the first default bucket that there is.
pub(crate) fn open_default<B, E>(
    open: impl Fn(&str) -> Result<B, E>,
    is_absent: impl Fn(&E) -> bool,
) -> Result<B, E> {
    let [first, last] = DEFAULT_BUCKETS;
    match open(first) {
        Err(error) if is_absent(&error) => open(last),
        opened => opened,
    }
}

impl Replaced {
    /// When what there is does not fit.
    pub(crate) fn unfit(found: Option<&[u8]>) -> Self {
        if found.is_some() { Self::Unfit } else { Self::Missing }
    }
}
