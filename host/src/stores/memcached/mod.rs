//! A store on one or several memcached servers.

mod connect;
mod connect_error;
mod connection;
mod counters;
mod failure_log;
mod health;
mod incarnation;
mod options;
mod pipeline;
mod reach;
mod recorder;
mod server;
mod statistics;
mod status;
mod stream;
mod tls;
mod watch;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use futures_util::future::{join_all, try_join_all};
use lovely_session_key_value::{Entry, Error, KeyValue, Lifetime, Outcome, Write, check};
use lovely_session_memcached::{Batch, BatchResult, Token, divide, in_order, item_overhead};
pub use lovely_session_memcached::{
    FailureReason, HandshakeError, InvalidAddress, InvalidCredentials, Limitation, Password, ServerAddress,
    Statistics,
};

use self::connect::Security;
pub use self::connect_error::ConnectError;
use self::failure_log::Call;
pub use self::options::MemcachedOptions;
use self::server::Server;
pub use self::statistics::ServerStatistics;
pub use self::status::{LATENCY_BOUNDS, LatencyHistogram, ServerFailure, ServerState, ServerStatus};
pub use self::tls::{CaCertificates, CertificateStoreError, TlsError};
use crate::log_targets::STORE;

/// A store on one or several memcached servers (1.6.18 or newer, with their text protocol), with TLS and with
/// memcached's authentication for that protocol if the options say so.
///
/// A key lives on one of the servers, which the key and the servers' addresses determine (rendezvous
/// hashing): adding a server moves only the share of keys that it takes. Servers do not replace each other: when one is
/// away, calls for its keys fail, and no others.
///
/// A call is one round trip to each server involved, at the same time. Concurrent calls on one Tokio runtime share
/// connections and system calls: their commands are sent one behind the other, without waiting for replies in between. Each call has its own
/// deadline, and when a connection breaks, its own outcome.
///
/// # What to know about memcached
///
/// - It may evict an entry at any time, and a restart loses all of them.
/// - Lifetimes are exact to about a second. One that ends after January 2038 is refused with
///   [`Error::Unsupported`]. Those over 30 days are sent as a date, so the clocks of this machine and of
///   the servers have to agree.
/// - A restarted server counts versions from 1 again. So the handshake tells which process is at the other end, and a
///   version from another process is [`Outcome::Stale`], or [`Outcome::Missing`] if there is no entry, whatever its
///   number.
/// - Values have to fit the smallest item limit among the servers, as it was on the latest connection to
///   each. A server that was never reached is connected to before anything is written to it. Should a server have a lower one since, the outcome is [`Outcome::TooLarge`], and the server drops the entry.
///
/// A server that comes back is used again with the next call. Its host name is resolved for each new connection.
///
/// Connections are run by tasks of the Tokio runtime on which they are made. When it ends, they break.
pub struct Memcached {
    servers: Vec<Arc<Server>>,
}

impl Memcached {
    /// Connects to the servers, and does the handshake with each.
    ///
    /// # Errors
    ///
    /// When servers cannot be reached or cannot keep sessions. The error names all of them, and says what to do. With
    /// [`MemcachedOptions::may_be_away`], servers that cannot be reached are no error.
    pub async fn connect(
        servers: &[ServerAddress],
        options: &MemcachedOptions,
    ) -> Result<Self, ConnectError> {
        let mut seen = HashSet::new();
        if let Some(twice) = servers.iter().find(|server| !seen.insert(*server)) {
            return Err(ConnectError::DuplicateServer(twice.clone()));
        }
        if servers.is_empty() {
            return Err(ConnectError::NoServers);
        }
        let security = Security::of(options)?;
        if security.exposes_password() {
            tracing::warn!(target: STORE, "the password for memcached is sent without TLS; use memcached+tls://");
        }
        let new = |server: &ServerAddress| Arc::new(Server::new(server.clone(), options, security.clone()));
        let servers: Vec<_> = servers.iter().map(new).collect();
        let connected = join_all(servers.iter().map(|server| server.connect())).await;
        let errors = connected.into_iter().filter_map(Result::err).collect();
        ConnectError::of_all(errors).map_or(Ok(Self { servers }), Err)
    }

    /// The most bytes that a value may have under this key, as far as the servers' limits are known. A server that was
    /// never reached counts as one with the largest limit that memcached allows.
    pub fn max_value_bytes(&self, key: &str) -> u64 {
        let smallest = self.servers.iter().map(|server| server.item_size_max()).min();
        smallest.unwrap_or(0).saturating_sub(item_overhead(key))
    }

    /// Divides a call among the servers.
    fn shares<T>(&self, items: Vec<T>, key: impl Fn(&T) -> &str) -> Vec<Share<'_, T>> {
        let names: Vec<_> = self.servers.iter().map(|server| server.name()).collect();
        let shares = divide(items, key, &names).into_iter();
        shares
            .filter_map(|share| {
                let server = self.servers.get(share.server)?;
                Some(Share { server, positions: share.positions, items: share.items })
            })
            .collect()
    }
}

/// The part of a call that concerns one server.
struct Share<'a, T> {
    server: &'a Arc<Server>,
    /// The positions of the items in the call.
    positions: Vec<usize>,
    items: Vec<T>,
}

impl Share<'_, String> {
    async fn read(
        self,
        touch: Option<Lifetime>,
        now: Duration,
    ) -> Result<Vec<(usize, Option<Entry>)>, Error> {
        let first_opaque = self.server.reserve_opaques(self.items.len());
        let batch = Batch::of_reads(self.items, touch, now, first_opaque)?;
        let result = self.server.exchange(&batch).await;
        let failure = result.failure();
        let entries = result.into_entries(self.server.name());
        if entries.is_err() {
            self.server.failed(Call::Read, &failure);
        }
        Ok(self.positions.into_iter().zip(entries?).collect())
    }
}

/// The time since 1970.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[async_trait]
impl KeyValue for Memcached {
    async fn get_many(
        &self,
        keys: Vec<String>,
        touch: Option<Lifetime>,
    ) -> Result<Vec<Option<Entry>>, Error> {
        check::read(&keys, touch)?;
        let now = now();
        let shares = self.shares(keys, String::as_str);
        let read = try_join_all(shares.into_iter().map(|share| share.read(touch, now))).await?;
        Ok(in_order(read.into_iter().flatten()))
    }

    async fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
        check::writes(&writes, |version| Token::try_from(version).map(drop))?;
        let unreached = self.reach(&writes).await;
        if let Some(refusal) = check::oversize(&writes, |key| self.max_value_bytes(key)) {
            return Ok(refusal);
        }
        let now = now();
        let shares = self.shares(writes, |write| &write.key).into_iter();
        // Everything is ready to be sent before anything is.
        let batches: Vec<_> = shares
            .map(|Share { server, positions, items }| {
                let first_opaque = server.reserve_opaques(items.len());
                Ok((server, positions, Batch::of_writes(items, now, first_opaque)?))
            })
            .collect::<Result<_, Error>>()?;
        let written = batches.into_iter().map(async |(server, positions, batch)| {
            let result = match unreached.get(server.name()) {
                Some(failure) => BatchResult::unsent(failure.clone()),
                None => server.exchange(&batch).await,
            };
            let failure = result.failure();
            let outcomes = result.into_outcomes(positions.len(), server.item_size_max());
            if outcomes.iter().any(|it| matches!(it, Outcome::Unavailable | Outcome::Unknown)) {
                server.failed(Call::Write, &failure);
            }
            positions.into_iter().zip(outcomes).collect::<Vec<_>>()
        });
        Ok(in_order(join_all(written).await.into_iter().flatten()))
    }

    fn logs_failures(&self) -> bool {
        true
    }
}

impl fmt::Debug for Memcached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.servers.iter().map(|server| server.name()).collect();
        f.debug_struct("Memcached").field("servers", &names).finish_non_exhaustive()
    }
}
