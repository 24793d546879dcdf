//! The reasons of failures, to count them by.

use std::fmt;

use crate::failure::Failure;

/// Why a call failed, without the details of a [`Failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailureReason {
    /// No connection can be made.
    Unreachable,
    /// No TLS connection can be made, or the server's certificate is not accepted.
    Tls,
    /// The server cannot keep sessions, or does not accept the password.
    Unsuitable,
    /// The connection broke.
    Broken,
    /// The deadline passed.
    TimedOut,
    /// The server is silent, and too many calls wait for it already.
    Crowded,
    /// Too many requests wait for the server.
    Busy,
    /// A command cannot be encoded.
    InvalidCommand,
    /// The bytes that came are not a reply.
    InvalidReply,
    /// An error reply of the kind `SERVER_ERROR`, for example because the memory is full.
    ServerError,
    /// An error reply of another kind.
    Rejected,
}

impl FailureReason {
    /// All reasons, each once, in the order of their declaration.
    pub const ALL: [Self; 11] = [
        Self::Unreachable,
        Self::Tls,
        Self::Unsuitable,
        Self::Broken,
        Self::TimedOut,
        Self::Crowded,
        Self::Busy,
        Self::InvalidCommand,
        Self::InvalidReply,
        Self::ServerError,
        Self::Rejected,
    ];

    /// Its name, such as `timed-out`, for labels of metrics and for JSON. It does not change between versions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Tls => "tls",
            Self::Unsuitable => "unsuitable",
            Self::Broken => "broken",
            Self::TimedOut => "timed-out",
            Self::Crowded => "crowded",
            Self::Busy => "busy",
            Self::InvalidCommand => "invalid-command",
            Self::InvalidReply => "invalid-reply",
            Self::ServerError => "server-error",
            Self::Rejected => "rejected",
        }
    }
}

/// Prints the name.
impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Failure {
    /// The reason, without details.
    pub fn reason(&self) -> FailureReason {
        match self {
            Self::Unreachable(_) => FailureReason::Unreachable,
            Self::Tls(_) => FailureReason::Tls,
            Self::Unsuitable(_) => FailureReason::Unsuitable,
            Self::Broken(_) => FailureReason::Broken,
            Self::TimedOut => FailureReason::TimedOut,
            Self::Crowded(_) => FailureReason::Crowded,
            Self::Busy => FailureReason::Busy,
            Self::InvalidCommand(_) => FailureReason::InvalidCommand,
            Self::InvalidReply => FailureReason::InvalidReply,
            Self::ServerError(_) => FailureReason::ServerError,
            Self::Rejected(_) => FailureReason::Rejected,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_reason_is_at_its_place_and_has_a_name_of_its_own() {
        let names: HashSet<_> = FailureReason::ALL.into_iter().map(FailureReason::name).collect();
        assert_eq!(names.len(), FailureReason::ALL.len());
        for (place, reason) in FailureReason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, place);
        }
    }
}
