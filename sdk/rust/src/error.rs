//! Why a call failed.

use crate::bindings::{
    self, Conflict, Damage, InvalidJson, InvalidName, InvalidOption, NotACounter, SessionName, TooLarge,
};
use crate::cookie::InvalidCookie;

/// Why a call failed. Nothing has changed when a call answers an error, except where a case says otherwise.
///
/// The texts are for logs: they name no session id and no value, for those are secrets. The data of a case has
/// them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The transaction was committed or aborted, or its handle was dropped. Begin a new one.
    #[error("the transaction is finished; begin a new one")]
    Finished,
    /// The transaction is waiting for the store in another call. Use one transaction from one task at a time.
    #[error("the transaction is in use; use it from one task at a time")]
    Busy,
    /// The savepoint was released, or the transaction was rolled back to an earlier one.
    #[error("the savepoint was released, or an earlier one was rolled back to")]
    SavepointInvalid,
    /// A name is empty or too long.
    #[error("the name of a {} has {} bytes; it may have 1 to {}", kind(.0), .0.length, .0.limit)]
    InvalidName(InvalidName),
    /// An option is out of its range.
    #[error("the option {} is {}; it may be at most {}", .0.name, .0.given, .0.maximum)]
    InvalidOption(InvalidOption),
    /// A text is not JSON. Only [`Package::set_json`](crate::Package::set_json) meets it.
    #[error("the text for the key {:?} is no JSON: {}", .0.key, .0.reason)]
    InvalidJson(InvalidJson),
    /// What a number was to be added to is no counter, or the sum would be none; see
    /// [`Package::add`](crate::Package::add).
    #[error("nothing can be added to key {:?} in package {:?}: {}", .0.key, .0.package, obstacle(.0))]
    NotACounter(NotACounter),
    /// The transaction has joined as many sessions as it may; the number is the limit. Split the work over several
    /// transactions.
    #[error("a transaction joins at most {0} sessions; split the work over several")]
    TooManySessions(u32),
    /// Others changed what this transaction depends on, or did not let it finish, and nothing of it was written or
    /// will be. Run the transaction again on fresh data, as [`transact`](crate::transact()) does.
    #[error("others changed what this transaction depends on; run it again")]
    Conflict(Vec<Conflict>),
    /// The sessions timed out or were evicted since they were loaded, and nothing was written, also not to sessions
    /// that were begun under the same ids since. Their data is lost; treat the user as new.
    #[error("a session expired or was evicted meanwhile; treat its visitor as new")]
    Gone(Vec<SessionName>),
    /// The sessions were destroyed (logged out), or their ids were renewed without a grace, and nothing was written.
    /// Do not bring them back; treat the user as new.
    #[error("a session has ended; treat its visitor as new")]
    Ended(Vec<SessionName>),
    /// The record of a session would exceed the size limit, and nothing was written. In a commit over several
    /// sessions a record also holds, for a moment, the packages that change. Store less in it: the transaction is
    /// still open, remove something and commit again, or roll back.
    #[error("a session would have {} bytes; it may have at most {}", .0.size, .0.limit)]
    TooLarge(TooLarge),
    /// The record in the store is damaged: nothing was changed, and it must not be mistaken for an empty session.
    /// Inspect it, then remove it.
    #[error("the record of a session in container {:?} is damaged: {}", .0.session.container, .0.reason)]
    Damaged(Damage),
    /// The record was written in a format that the session component does not know; the number is its version.
    /// Upgrade the component.
    #[error("a session was written in format {0}, which this session component does not know; upgrade it")]
    UnknownFormat(u32),
    /// The store cannot be reached, and nothing was written. Try again later.
    #[error("the store cannot be reached; try again later: {0}")]
    Unavailable(String),
    /// The store cannot do what sessions need (expiry, compare-and-swap), and nothing was written. Choose another
    /// store.
    #[error("the store cannot do what sessions need; choose another: {0}")]
    Unsupported(String),
    /// The store refused access. Check its configuration.
    #[error("the store refused access; check its configuration: {0}")]
    Denied(String),
    /// The store failed in another way, told here for a person.
    #[error("the store failed: {0}")]
    Store(String),
    /// The commit was sent and no answer came: it may or may not have happened, in all its sessions alike, and it may
    /// still happen where it begins a session. Read the sessions again before deciding what to do. Nothing in this crate runs work again after it.
    #[error("it is not known whether the commit happened; read the sessions again, then decide")]
    OutcomeUnknown(Vec<SessionName>),
    /// A stored value is JSON, but not of the type that it was read as. What is stored stays as it is.
    #[error("the value of key {:?} in package {:?} is not of the type it was read as", .0.key, .0.package)]
    Unfit(#[source] JsonProblem),
    /// A value has no form in JSON, such as a map whose keys are no texts. It was not stored.
    #[error("the value for key {:?} in package {:?} has no form in JSON", .0.key, .0.package)]
    NoJson(#[source] JsonProblem),
    /// The cookie cannot carry a session's id as it is configured. No transaction was begun.
    #[error(transparent)]
    InvalidCookie(#[from] InvalidCookie),
}

/// A value that could not be turned from JSON or into it.
///
/// Its text is that of `reason`, which can show a part of the value.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct JsonProblem {
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
        NameKind::Container => "container",
        NameKind::SessionId => "session",
        NameKind::Package => "package",
        NameKind::Key => "key",
    }
}

fn obstacle(problem: &NotACounter) -> &'static str {
    match problem.held {
        Some(_) => "the sum would be out of range",
        None => "what is there is no whole number",
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
        assert_eq!(text, "the name of a package has 2000 bytes; it may have 1 to 1024");
    }
}
