//! Session records on memcached servers, without I/O.
//!
//! The host's store and the component `kv-memcached` are both built on this crate, so they can share servers: a key is
//! on the same server for both ([`route`]), and both accept a server by the same handshake ([`ServerInfo`]).
//!
//! - A call is divided among the servers ([`divide`]). Each part becomes a [`Batch`] of commands, which is encoded for
//!   the process at the other end of a connection. Writes may need several, one after the other ([`Writing`]).
//! - The bytes that a server sends become replies ([`ReplyBuffer`]), the replies are paired with the commands
//!   ([`PendingReplies`]), and the batch or the writing translates a [`BatchResult`] into entries or outcomes.
//! - A family of keys is dropped by a new [`Generation`], and both stores read the generations in every exchange.
//!
//! Commands and replies are encoded and parsed by the crate `memcache`, in its module `exp`. The protocol is the text
//! protocol with meta commands, of memcached 1.6.18 or newer.

mod address;
mod batch;
mod batch_result;
mod command;
mod credentials;
mod failure;
mod failure_reason;
mod generation;
mod handshake;
mod lifetime;
mod open_write;
mod outcome;
mod pending_replies;
mod process;
mod reply;
mod reply_buffer;
mod router;
mod shown;
mod statistics;
mod token;
mod writing;

pub use address::{InvalidAddress, ServerAddress};
pub use batch::{Batch, Request};
pub use batch_result::BatchResult;
pub use command::{InvalidCommand, PendingCommand, item_overhead};
pub use credentials::{Credentials, InvalidCredentials, Password};
pub use failure::{Failure, Interruption};
pub use failure_reason::FailureReason;
pub use generation::{Generation, Generations};
pub use handshake::{
    ASK_STATISTICS, HANDSHAKE, HandshakeError, ServerInfo, begins_like_memcached, handshake_end,
};
pub use pending_replies::PendingReplies;
pub use process::{Epoch, Process, UNMISTAKABLE_UPTIME};
pub use reply::{InvalidReply, Reply, is_rejection};
pub use reply_buffer::ReplyBuffer;
pub use router::{Share, divide, in_order, route};
pub use shown::shown;
pub use statistics::{Limitation, Statistics};
pub use token::Token;
pub use writing::Writing;
