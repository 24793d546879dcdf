//! The options of the store.

use std::time::Duration;

/// How a [`Memcached`](super::Memcached) store uses its servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemcachedOptions {
    /// How long making a connection may take, and how long a call waits when too many requests wait for a server; 1
    /// second by default.
    pub connect_timeout: Duration,
    /// How long a server may take to reply to a call, once there is a connection; 2 seconds by default. A call that needs
    /// a new connection can take `connect_timeout` and this once more, for the handshake; and in the rare case that a
    /// connection breaks before the call was sent on it, that much again.
    pub io_timeout: Duration,
    /// The most connections to each server; 8 by default. All calls on a Tokio runtime share its connections. A runtime
    /// makes another one when more than some 100 commands wait on each of its own. It always makes its first one, so a
    /// program with many runtimes has at least one for each.
    pub connections: usize,
    /// How many calls may wait for a server that is silent; 32 by default, and 0 counts as 1. A server is silent when
    /// nothing has come from it for an eighth of `io_timeout` while calls waited. Further calls to it fail at once then,
    /// and so do reads that wait already and are too many. A write that was sent keeps waiting, because it is not known
    /// whether it was done. After several deadlines in a row one call at a time is sent to the server, and all others
    /// fail at once, until the server replies.
    pub waiting_calls: usize,
}

impl Default for MemcachedOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(1),
            io_timeout: Duration::from_secs(2),
            connections: 8,
            waiting_calls: 32,
        }
    }
}
