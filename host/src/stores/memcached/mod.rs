//! A store on one or several memcached servers.

mod connect;
mod exchanged;
mod failure;
mod failure_log;
mod health;
mod incarnation;
mod incoming;
mod lane;
mod pipeline;
mod server;
mod watch;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use futures_util::future::{join_all, try_join_all};

use lovely_session_key_value::{Entry, Error, Lifetime, Outcome, Write, check};
use lovely_session_memcached::{Batch, Token, divide, in_order, item_overhead};
pub use lovely_session_memcached::{InvalidAddress, ServerAddress};

pub use self::connect::ConnectError;
use self::failure_log::Call;
use self::server::Server;
use lovely_session_key_value::KeyValue;

/// How a [`Memcached`] store talks to its servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemcachedOptions {
    /// How long making a connection may take, and how long a call waits when so much is asked of a server
    /// at the same time that there is no room for it; 1 second by default.
    pub connect_timeout: Duration,
    /// How long a server may take to answer a call, once there is a connection; 2 seconds by default. A
    /// call that needs a new connection can take `connect_timeout` and this once more, for the server has
    /// to say first what it is; and in the rare case that a connection breaks before the call was sent on
    /// it, that much again.
    pub io_timeout: Duration,
    /// The most connections to each server; 8 by default, and 0 counts as 1. All calls share them: one is
    /// enough for many at a time, and another one is made when more than some 100 commands wait on each.
    pub connections: usize,
    /// How many calls may wait for a server that is silent; 32 by default, and 0 counts as 1. It is silent when
    /// nothing has come from it for an eighth of `io_timeout` while calls waited. Then further calls to it fail at
    /// once, and so do reads that wait already and are too many. A write that was sent is waited for, because nobody
    /// knows whether it was done. After several deadlines in a row one call at a time asks the server, and all
    /// others fail at once, until it answers.
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

/// A store on one or several memcached servers (1.6.18 or newer, with their text protocol and without
/// authentication).
///
/// A key lives on one of the servers, which the key and the servers' addresses determine (rendezvous
/// hashing): adding a server moves only the share of keys that it takes. Servers do not stand in for each
/// other: when one is away, its keys fail, and no others.
///
/// A call is one round trip to each server involved, at the same time. Concurrent calls share connections
/// and system calls: what they ask is sent one behind the other, without waiting for answers in between.
/// Each call has its own deadline, and when a connection breaks, its own outcome.
///
/// # What to know about memcached
///
/// - It may evict an entry at any time, and a restart loses all of them.
/// - Lifetimes are exact to about a second. One that ends after January 2038 is refused with
///   [`Error::Unsupported`]. Those over 30 days are sent as a date, so the clocks of this machine and of
///   the servers have to agree.
/// - A restarted server counts versions from 1 again. So the store asks on each new connection which process
///   answers, and a version from another process is [`Outcome::Stale`], or [`Outcome::Missing`] if nothing
///   is there, whatever its number.
/// - Values have to fit the smallest item limit among the servers, as it was on the latest connection to
///   each. Should a server have a lower one since, it answers [`Outcome::TooLarge`] and drops the entry.
///
/// A server that comes back is used again with the next call; its host name is resolved for each new
/// connection.
///
/// Connections are served by tasks of the Tokio runtime on which they are made; when it ends, they break.
pub struct Memcached {
    servers: Vec<Arc<Server>>,
}

impl Memcached {
    /// Connects to the servers: each has to answer, and to be fit for keeping sessions.
    ///
    /// # Errors
    ///
    /// Names the server that cannot be used, and says what to do about it.
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
        let connecting = servers.iter().map(|server| Server::connect(server.clone(), options));
        Ok(Self { servers: try_join_all(connecting).await? })
    }

    /// The most bytes that a value may have under this key.
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
                Some(Share { server, places: share.places, items: share.items })
            })
            .collect()
    }
}

/// The part of a call that concerns one server.
struct Share<'a, T> {
    server: &'a Arc<Server>,
    /// The places of the items in the call.
    places: Vec<usize>,
    items: Vec<T>,
}

impl Share<'_, String> {
    async fn read(
        self,
        touch: Option<Lifetime>,
        now: Duration,
    ) -> Result<Vec<(usize, Option<Entry>)>, Error> {
        let first_token = self.server.tokens(self.items.len());
        let batch = Batch::of_reads(self.items, touch, now, first_token)?;
        let exchanged = self.server.exchange(&batch).await;
        let failure = exchanged.failure();
        let entries = exchanged.into_entries(self.server.name());
        if entries.is_err() {
            self.server.failed(Call::Read, failure);
        }
        Ok(self.places.into_iter().zip(entries?).collect())
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
        if let Some(refusal) = check::oversize(&writes, |key| self.max_value_bytes(key)) {
            return Ok(refusal);
        }
        let now = now();
        let shares = self.shares(writes, |write| &write.key).into_iter();
        // Everything is ready to be sent before anything is.
        let batches: Vec<_> = shares
            .map(|Share { server, places, items }| {
                let first_token = server.tokens(items.len());
                Ok((server, places, Batch::of_writes(items, now, first_token)?))
            })
            .collect::<Result<_, Error>>()?;
        let written = batches.into_iter().map(async |(server, places, batch)| {
            let exchanged = server.exchange(&batch).await;
            let failure = exchanged.failure();
            let outcomes = exchanged.into_outcomes(places.len(), server.item_size_max());
            if outcomes.iter().any(|it| matches!(it, Outcome::Unavailable | Outcome::Unknown)) {
                server.failed(Call::Write, failure);
            }
            places.into_iter().zip(outcomes).collect::<Vec<_>>()
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
