//! Errors.

use crate::bindings::{
    self, Conflict, Damage, InvalidJson, InvalidName, InvalidOption, NotACounter, SessionName, TooLarge,
};
use crate::cookie::InvalidCookie;

/// Why a call failed. A call that fails has changed nothing, unless its variant says otherwise.
///
/// The texts are for logs. They contain no session ids and no values, because these are secrets; the data of
/// a variant contains them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The transaction was committed or aborted, or its handle was dropped. Begin a new one.
    #[error("the transaction is finished; begin a new one")]
    Finished,
    /// The transaction is waiting for the store in another call. Use one transaction from one task at a time.
    #[error("the transaction is busy in another call; use it from one task at a time")]
    Busy,
    /// The savepoint was released, or the transaction was rolled back to an earlier one.
    #[error("the savepoint was released, or the transaction was rolled back to an earlier one")]
    SavepointInvalid,
    /// A name is empty or too long. Container names have 1 to 60 bytes; session ids, package names and keys 1
    /// to 1,024.
    #[error("a {} must have 1 to {} bytes, not {}", kind(.0), .0.limit, .0.length)]
    InvalidName(InvalidName),
    /// An option is out of its range.
    #[error("the option {} must not be {}; the maximum is {}", .0.name, .0.given, .0.maximum)]
    InvalidOption(InvalidOption),
    /// A text is not JSON. Only [`Package::set_json`](crate::Package::set_json) returns it.
    #[error("the text for key {:?} is not JSON: {}", .0.key, .0.reason)]
    InvalidJson(InvalidJson),
    /// A number cannot be added with [`Package::add`](crate::Package::add): the key holds no counter, or the
    /// sum would be out of range.
    #[error("cannot add to key {:?} in package {:?}: {}", .0.key, .0.package, why_not_added(.0))]
    NotACounter(NotACounter),
    /// The transaction would join more sessions than this limit. Split the work over several transactions.
    #[error("a transaction can join at most {0} sessions; split the work over several transactions")]
    TooManySessions(u32),
    /// Other transactions changed what this one depends on, or kept it from finishing. Nothing was written,
    /// and nothing will be. Run the transaction again on fresh data, as [`transact`](crate::transact()) does.
    #[error("other transactions changed what this one depends on; run it again")]
    Conflict(Vec<Conflict>),
    /// The sessions timed out or were evicted since they were loaded. Nothing was written, also not to
    /// sessions that were begun under the same ids since. Their data is lost; treat the visitor as new.
    #[error("a session timed out or was evicted; treat its visitor as new")]
    Gone(Vec<SessionName>),
    /// The sessions were destroyed (for example by a logout), or their ids were renewed without a grace.
    /// Nothing was written. Do not begin them again under the same ids; treat the visitor as new.
    #[error("a session has ended; treat its visitor as new")]
    Ended(Vec<SessionName>),
    /// The record of a session would exceed the size limit. Nothing was written, and the transaction is still
    /// open: remove something and commit again, or roll back. During a commit over several sessions a record
    /// also holds the packages that change.
    #[error("the record of a session would have {} bytes; the maximum is {}", .0.size, .0.limit)]
    TooLarge(TooLarge),
    /// The record in the store is damaged. It must not be mistaken for an empty session. Inspect it, then
    /// remove it.
    #[error("the record of a session in container {:?} is damaged: {}", .0.session.container, .0.reason)]
    Damaged(Damage),
    /// The record has a format that the session component does not know; the number is the version of the
    /// format. Upgrade the component.
    #[error(
        "the record of a session has format {0}, which this session component does not know; upgrade the component"
    )]
    UnknownFormat(u32),
    /// The store cannot be reached. Nothing was written. Retry later.
    #[error("the store cannot be reached; retry later: {0}")]
    Unavailable(String),
    /// The store does not support what sessions need (expiry, compare-and-swap). Nothing was written. Use
    /// another store.
    #[error("the store does not support what sessions need; use another one: {0}")]
    Unsupported(String),
    /// The store refused access. Nothing was written. Check its configuration.
    #[error("the store refused access; check its configuration: {0}")]
    Denied(String),
    /// The store failed in another way. Nothing was written.
    #[error("the store failed: {0}")]
    Store(String),
    /// The commit was sent, and the reply was lost: either all of its changes are applied, in all sessions,
    /// or none. If it begins a session, it may also be applied later. Read the sessions again before deciding
    /// what to do. Nothing in this crate runs work again after this error.
    #[error(
        "it is not known whether the commit was applied; read the sessions again before deciding what to do"
    )]
    OutcomeUnknown(Vec<SessionName>),
    /// A stored value is valid JSON, but not of the type it was read as. The stored value has not changed.
    #[error("the value of key {:?} in package {:?} does not have the type it was read as", .0.key, .0.package)]
    WrongType(#[source] JsonError),
    /// A value has no representation in JSON, such as a map whose keys are not strings. It was not stored.
    #[error("the value for key {:?} in package {:?} has no representation in JSON", .0.key, .0.package)]
    NotSerializable(#[source] JsonError),
    /// The name or an attribute of the cookie is invalid. No transaction was begun.
    #[error(transparent)]
    InvalidCookie(#[from] InvalidCookie),
}

/// A value that could not be converted from JSON or to JSON.
///
/// Its text is that of `reason`, which can contain a part of the value.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct JsonError {
    /// The name of the package.
    pub package: String,
    /// The key in the package.
    pub key: String,
    /// What is wrong, with line and column.
    pub reason: serde_json::Error,
}

fn kind(name: &InvalidName) -> &'static str {
    use bindings::NameKind;
    match name.kind {
        NameKind::Container => "container name",
        NameKind::SessionId => "session id",
        NameKind::Package => "package name",
        NameKind::Key => "key",
    }
}

fn why_not_added(problem: &NotACounter) -> &'static str {
    match problem.held {
        Some(_) => "the sum would be out of range",
        None => "the value is not a counter",
    }
}

impl From<bindings::Error> for Error {
    fn from(error: bindings::Error) -> Self {
        use bindings::Error as Wit;
        match error {
            Wit::Finished => Self::Finished,
            Wit::Busy => Self::Busy,
            Wit::SavepointInvalid => Self::SavepointInvalid,
            Wit::InvalidName(name) => Self::InvalidName(name),
            Wit::InvalidOption(option) => Self::InvalidOption(option),
            Wit::InvalidJson(json) => Self::InvalidJson(json),
            Wit::NotACounter(problem) => Self::NotACounter(problem),
            Wit::TooManySessions(limit) => Self::TooManySessions(limit),
            Wit::Conflict(conflicts) => Self::Conflict(conflicts),
            Wit::Gone(sessions) => Self::Gone(sessions),
            Wit::Ended(sessions) => Self::Ended(sessions),
            Wit::TooLarge(session) => Self::TooLarge(session),
            Wit::Damaged(damage) => Self::Damaged(damage),
            Wit::UnknownFormat(version) => Self::UnknownFormat(version),
            Wit::Unavailable(reason) => Self::Unavailable(reason),
            Wit::Unsupported(reason) => Self::Unsupported(reason),
            Wit::Denied(reason) => Self::Denied(reason),
            Wit::Store(reason) => Self::Store(reason),
            Wit::OutcomeUnknown(sessions) => Self::OutcomeUnknown(sessions),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_names_a_session_id() {
        let session = SessionName { container: "shop".to_owned(), session: "secret".to_owned() };
        let conflict =
            Conflict { container: "shop".to_owned(), session: "secret".to_owned(), package: None, key: None };
        let damage = Damage { session: session.clone(), reason: "no newline".to_owned() };
        let errors = [
            Error::Conflict(vec![conflict]),
            Error::Gone(vec![session.clone()]),
            Error::Ended(vec![session.clone()]),
            Error::OutcomeUnknown(vec![session.clone()]),
            Error::Damaged(damage),
            Error::TooLarge(TooLarge { session, size: 2, limit: 1 }),
        ];
        for error in errors {
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_text_says_what_is_allowed() {
        let name = InvalidName { kind: bindings::NameKind::Package, length: 2000, limit: 1024 };
        let text = Error::from(bindings::Error::InvalidName(name)).to_string();
        assert_eq!(text, "a package name must have 1 to 1024 bytes, not 2000");
    }
}
