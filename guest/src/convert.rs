//! Conversion of the core's errors to those of the WIT interface.

use alloc::borrow::ToOwned;
use alloc::vec::Vec;

use lovely_session_core as core;

use crate::bindings::exports::lovely::session::transactions as wit;

/// Sizes over `u32::MAX` become `u32::MAX`.
fn to_u32(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

impl From<core::Error> for wit::Error {
    fn from(error: core::Error) -> Self {
        match error {
            core::Error::Finished => Self::Finished,
            core::Error::Busy => Self::Busy,
            core::Error::SavepointInvalid => Self::SavepointInvalid,
            core::Error::InvalidName { kind, length, limit } => {
                let (kind, length, limit) = (kind.into(), to_u32(length), to_u32(limit));
                Self::InvalidName(wit::InvalidName { kind, length, limit })
            }
            core::Error::InvalidOption { name, maximum, given } => {
                Self::InvalidOption(wit::InvalidOption { name: name.to_owned(), maximum, given })
            }
            core::Error::InvalidJson { key, reason } => Self::InvalidJson(wit::InvalidJson { key, reason }),
            core::Error::NotACounter { package, key, held, added } => {
                Self::NotACounter(wit::NotACounter { package, key, held, added })
            }
            core::Error::TooManySessions(limit) => Self::TooManySessions(limit),
            core::Error::Conflict(conflicts) => {
                Self::Conflict(conflicts.into_iter().map(Into::into).collect())
            }
            core::Error::Gone(sessions) => Self::Gone(names(sessions)),
            core::Error::Ended(sessions) => Self::Ended(names(sessions)),
            core::Error::TooLarge { session, size, limit } => {
                Self::TooLarge(wit::TooLarge { session: session.into(), size, limit })
            }
            core::Error::Damaged { session, reason } => {
                Self::Damaged(wit::Damage { session: session.into(), reason })
            }
            core::Error::UnknownFormat(format) => Self::UnknownFormat(format),
            core::Error::Store(error) => error.into(),
            core::Error::OutcomeUnknown(sessions) => Self::OutcomeUnknown(names(sessions)),
        }
    }
}

impl From<core::StoreError> for wit::Error {
    fn from(error: core::StoreError) -> Self {
        match error {
            core::StoreError::Unavailable(text) => Self::Unavailable(text),
            core::StoreError::Unsupported(text) => Self::Unsupported(text),
            core::StoreError::Denied(text) => Self::Denied(text),
            core::StoreError::Other(text) => Self::Store(text),
        }
    }
}

impl From<core::NameKind> for wit::NameKind {
    fn from(kind: core::NameKind) -> Self {
        match kind {
            core::NameKind::Container => Self::Container,
            core::NameKind::SessionId => Self::SessionId,
            core::NameKind::Package => Self::Package,
            core::NameKind::Key => Self::Key,
        }
    }
}

impl From<core::SessionName> for wit::SessionName {
    fn from(name: core::SessionName) -> Self {
        Self { container: name.container, session: name.session }
    }
}

impl From<core::Conflict> for wit::Conflict {
    fn from(conflict: core::Conflict) -> Self {
        let core::SessionName { container, session } = conflict.session;
        Self { container, session, package: conflict.package, key: conflict.key }
    }
}

fn names(sessions: Vec<core::SessionName>) -> Vec<wit::SessionName> {
    sessions.into_iter().map(Into::into).collect()
}
