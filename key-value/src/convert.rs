//! Conversions between the types of this crate and those of generated bindings.

/// Implements `From` in both directions between the types of this crate and those that `wit-bindgen` or
/// `wasmtime::component::bindgen!` generates for `lovely:session/key-value`. Call it in the crate with the bindings.
///
/// The parameter is the name of the interface's module in scope:
///
/// ```
/// # mod bindings { pub mod lovely { pub mod session { pub mod key_value {
/// #     pub enum Lifetime { NeverExpires, Seconds(u32) }
/// #     pub enum Expectation { Absent, Version(Vec<u8>), Anything }
/// #     pub struct Put { pub value: Vec<u8>, pub lifetime: Lifetime }
/// #     pub enum Change { Put(Put), Touch(Lifetime), Delete }
/// #     pub struct Write { pub key: String, pub expects: Expectation, pub change: Change }
/// #     pub struct Entry { pub value: Vec<u8>, pub version: Vec<u8>, pub seconds_left: Option<u32> }
/// #     pub enum Outcome {
/// #         Applied(Vec<u8>), Stale, Missing, TooLarge(u64), Skipped, Unavailable, Unknown,
/// #     }
/// #     pub enum Error { Unavailable(String), Unsupported(String), Denied(String), Other(String) }
/// # } } } }
/// use bindings::lovely::session::key_value as wit;
///
/// lovely_session_key_value::conversions!(wit);
///
/// let lifetime = wit::Lifetime::from(lovely_session_key_value::Lifetime::Seconds(60));
/// assert!(matches!(lifetime, wit::Lifetime::Seconds(60)));
/// ```
#[macro_export]
macro_rules! conversions {
    ($wit:ident) => {
        impl From<$wit::Lifetime> for $crate::Lifetime {
            fn from(lifetime: $wit::Lifetime) -> Self {
                match lifetime {
                    $wit::Lifetime::NeverExpires => Self::NeverExpires,
                    $wit::Lifetime::Seconds(seconds) => Self::Seconds(seconds),
                }
            }
        }

        impl From<$crate::Lifetime> for $wit::Lifetime {
            fn from(lifetime: $crate::Lifetime) -> Self {
                match lifetime {
                    $crate::Lifetime::NeverExpires => Self::NeverExpires,
                    $crate::Lifetime::Seconds(seconds) => Self::Seconds(seconds),
                }
            }
        }

        impl From<$wit::Expectation> for $crate::Expectation {
            fn from(expectation: $wit::Expectation) -> Self {
                match expectation {
                    $wit::Expectation::Absent => Self::Absent,
                    $wit::Expectation::Version(version) => Self::Version($crate::Version(version)),
                    $wit::Expectation::Anything => Self::Anything,
                }
            }
        }

        impl From<$crate::Expectation> for $wit::Expectation {
            fn from(expectation: $crate::Expectation) -> Self {
                match expectation {
                    $crate::Expectation::Absent => Self::Absent,
                    $crate::Expectation::Version(version) => Self::Version(version.0),
                    $crate::Expectation::Anything => Self::Anything,
                }
            }
        }

        impl From<$wit::Change> for $crate::Change {
            fn from(change: $wit::Change) -> Self {
                match change {
                    $wit::Change::Put($wit::Put { value, lifetime }) => {
                        Self::Put { value, lifetime: lifetime.into() }
                    }
                    $wit::Change::Touch(lifetime) => Self::Touch(lifetime.into()),
                    $wit::Change::Delete => Self::Delete,
                }
            }
        }

        impl From<$crate::Change> for $wit::Change {
            fn from(change: $crate::Change) -> Self {
                match change {
                    $crate::Change::Put { value, lifetime } => {
                        Self::Put($wit::Put { value, lifetime: lifetime.into() })
                    }
                    $crate::Change::Touch(lifetime) => Self::Touch(lifetime.into()),
                    $crate::Change::Delete => Self::Delete,
                }
            }
        }

        impl From<$wit::Write> for $crate::Write {
            fn from(write: $wit::Write) -> Self {
                Self { key: write.key, expects: write.expects.into(), change: write.change.into() }
            }
        }

        impl From<$crate::Write> for $wit::Write {
            fn from(write: $crate::Write) -> Self {
                Self { key: write.key, expects: write.expects.into(), change: write.change.into() }
            }
        }

        impl From<$wit::Entry> for $crate::Entry {
            fn from(entry: $wit::Entry) -> Self {
                let version = $crate::Version(entry.version);
                Self { value: entry.value, version, seconds_left: entry.seconds_left }
            }
        }

        impl From<$crate::Entry> for $wit::Entry {
            fn from(entry: $crate::Entry) -> Self {
                Self { value: entry.value, version: entry.version.0, seconds_left: entry.seconds_left }
            }
        }

        impl From<$wit::Outcome> for $crate::Outcome {
            fn from(outcome: $wit::Outcome) -> Self {
                match outcome {
                    $wit::Outcome::Applied(version) => Self::Applied($crate::Version(version)),
                    $wit::Outcome::Stale => Self::Stale,
                    $wit::Outcome::Missing => Self::Missing,
                    $wit::Outcome::TooLarge(limit) => Self::TooLarge(limit),
                    $wit::Outcome::Skipped => Self::Skipped,
                    $wit::Outcome::Unavailable => Self::Unavailable,
                    $wit::Outcome::Unknown => Self::Unknown,
                }
            }
        }

        impl From<$crate::Outcome> for $wit::Outcome {
            fn from(outcome: $crate::Outcome) -> Self {
                match outcome {
                    $crate::Outcome::Applied(version) => Self::Applied(version.0),
                    $crate::Outcome::Stale => Self::Stale,
                    $crate::Outcome::Missing => Self::Missing,
                    $crate::Outcome::TooLarge(limit) => Self::TooLarge(limit),
                    $crate::Outcome::Skipped => Self::Skipped,
                    $crate::Outcome::Unavailable => Self::Unavailable,
                    $crate::Outcome::Unknown => Self::Unknown,
                }
            }
        }

        impl From<$wit::Error> for $crate::Error {
            fn from(error: $wit::Error) -> Self {
                match error {
                    $wit::Error::Unavailable(text) => Self::Unavailable(text),
                    $wit::Error::Unsupported(text) => Self::Unsupported(text),
                    $wit::Error::Denied(text) => Self::Denied(text),
                    $wit::Error::Other(text) => Self::Other(text),
                }
            }
        }

        impl From<$crate::Error> for $wit::Error {
            fn from(error: $crate::Error) -> Self {
                match error {
                    $crate::Error::Unavailable(text) => Self::Unavailable(text),
                    $crate::Error::Unsupported(text) => Self::Unsupported(text),
                    $crate::Error::Denied(text) => Self::Denied(text),
                    $crate::Error::Other(text) => Self::Other(text),
                }
            }
        }
    };
}
