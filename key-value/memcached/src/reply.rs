//! What a server sends for one command.

use std::str;

use memcache::exp::{Error, MetaCommandResult};

/// The reply to one command: its result, or an error reply.
///
/// An error reply is [`Error::Server`] (`SERVER_ERROR`) or [`Error::Rejected`] (`CLIENT_ERROR`, `ERROR`).
pub type Reply = Result<MetaCommandResult, Error>;

/// The bytes that came are not a reply, or not a reply to the command that is next. Nothing that follows on the
/// connection can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes from the server are not the expected reply")]
pub struct InvalidReply;

/// Whether a reply rejects its command. The server may not know then where the next command begins, so the connection
/// must be closed.
pub fn is_rejection(reply: &Reply) -> bool {
    matches!(reply, Err(Error::Rejected(_)))
}

/// The opaque that a result repeats.
pub(crate) fn opaque(result: &MetaCommandResult) -> Option<u32> {
    str::from_utf8(result.opaque.as_deref()?).ok()?.parse().ok()
}
