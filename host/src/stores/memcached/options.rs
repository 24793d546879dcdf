//! The options of the store.

use std::time::Duration;

use lovely_session_memcached::Password;

use super::tls::CaCertificates;

/// How a [`Memcached`](super::Memcached) store uses its servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemcachedOptions {
    /// How long making a connection may take, once for TCP and once for TLS, and how long a call waits when too many
    /// requests wait for a server; 1 second by default.
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
    /// Whether connections use TLS, and servers have to show a certificate for the host of their address; false by
    /// default. The scheme `memcached+tls` of a [`StoreUrl`](crate::StoreUrl) sets it.
    pub tls: bool,
    /// The authorities that servers' certificates have to be signed by; those of the system by default. Without TLS it is
    /// not used.
    pub ca: Option<CaCertificates>,
    /// The user for servers that require authentication (memcached's option `-Y`); none by default. The user in a
    /// [`StoreUrl`](crate::StoreUrl) sets it. All servers have to accept the same user and password. Without TLS, whoever
    /// can read the network can read the password; the log warns of that.
    pub user: Option<String>,
    /// The password of `user`.
    pub password: Option<Password>,
    /// Whether the store opens while servers are away; false by default. Servers that cannot be reached, do not answer in
    /// time, or have too many connections are logged then, and calls for their keys fail with
    /// [`Error::Unavailable`](crate::Error::Unavailable) until they come. Mistakes that no waiting repairs, such as a wrong
    /// password or an unknown certificate, still fail.
    pub may_be_away: bool,
}

impl Default for MemcachedOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(1),
            io_timeout: Duration::from_secs(2),
            connections: 8,
            waiting_calls: 32,
            tls: false,
            ca: None,
            user: None,
            password: None,
            may_be_away: false,
        }
    }
}
