//! A store on one or several memcached servers.

mod address;
mod connect;
mod failure;
mod router;
mod translate;

use std::collections::HashSet;
use std::fmt;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use memcache::exp::{AsyncMetaClient, Error as ClientError, GetResult, OpResult, Router};
use tokio::time::timeout;

pub use self::address::{InvalidAddress, ServerAddress};
pub use self::connect::ConnectError;
use self::failure::FailedWrites;
use self::router::StableRouter;
use self::translate::Asked;
use super::check;
use crate::key_value::{Entry, Error, KeyValue, Lifetime, Outcome, Write};

/// What memcached stores with a value and its key: a header of 48 bytes, 8 of version, 3 to end the key and
/// the value. That is what 64-bit builds of 1.6.18 need to the byte; the rest is for later versions.
const ITEM_OVERHEAD: u64 = 64;

/// How many keys are read in one round trip. The client sends all commands before it reads an answer: so
/// many of them fit the buffers of a connection, even when the server is held up by large answers.
const KEYS_PER_TRIP: usize = 256;

/// How a [`Memcached`] store talks to its servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemcachedOptions {
    /// How long making a connection may take, and how long a call waits for a free one of the pool; 1
    /// second by default.
    pub connect_timeout: Duration,
    /// How long a server may take to answer a call, once there is a connection; 2 seconds by default. A
    /// call can take `connect_timeout` twice on top of that, or in the rare case of a pooled connection
    /// that broke unnoticed, three times.
    pub io_timeout: Duration,
    /// The most connections to each server; 64 by default, and 0 counts as 1. They are made when they are
    /// needed, and kept. memcached allows 1024 unless told otherwise (`-c`), for all its clients.
    pub connections: usize,
}

impl Default for MemcachedOptions {
    fn default() -> Self {
        Self { connect_timeout: Duration::from_secs(1), io_timeout: Duration::from_secs(2), connections: 64 }
    }
}

/// A store on one or several memcached servers (1.6.18 or newer, with their text protocol and without
/// authentication).
///
/// A key lives on one of the servers, which the key and the servers' addresses determine (rendezvous
/// hashing): adding a server moves only the share of keys that it takes. Servers do not stand in for each
/// other: when one is away, its keys fail, and no others.
///
/// A call is one round trip to each server involved, at the same time; a read of more than 256 keys takes
/// one for each 256.
///
/// # What to know about memcached
///
/// - It may evict an entry at any time, and a restart loses all of them.
/// - Lifetimes are exact to about a second. One that ends after January 2038 is refused with
///   [`Error::Unsupported`]. Those over 30 days are sent as a date, so the clocks of this machine and of
///   the servers have to agree.
/// - A restarted server counts versions from 1 again. A version from before can then match an entry from
///   after, if the counter happens to stand at the same number for the same key.
/// - Values have to fit the smallest item limit among the servers, as it was when the store connected.
///   Should a server have a lower one later, it answers [`Outcome::TooLarge`] and drops the entry.
///
/// Host names are resolved once, when the store connects. A server that comes back under the same IP
/// address is used again with the next call.
pub struct Memcached {
    client: AsyncMetaClient,
    /// In the order that the client and the router have them.
    servers: Vec<String>,
    /// The smallest item limit among the servers.
    item_size_max: u64,
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
        let mut smallest = None::<u64>;
        for server in servers {
            let size = connect::inspect(server, options).await?.item_size_max;
            smallest = Some(smallest.map_or(size, |smallest| smallest.min(size)));
        }
        let item_size_max = smallest.ok_or(ConnectError::NoServers)?;
        let servers = servers.iter().map(ServerAddress::to_string).collect::<Vec<_>>();
        let client = client(&servers, options).await?;
        Ok(Self { client, servers, item_size_max })
    }

    /// The most bytes that a value may have under this key.
    pub fn max_value_bytes(&self, key: &str) -> u64 {
        self.item_size_max.saturating_sub(ITEM_OVERHEAD).saturating_sub(key.len() as u64)
    }

    fn index_of_server(&self, key: &str) -> usize {
        StableRouter.route(key.as_bytes(), &self.servers)
    }

    fn server(&self, key: &str) -> &str {
        self.servers.get(self.index_of_server(key)).map_or("", String::as_str)
    }

    fn entry(&self, key: &str, answer: Result<GetResult, ClientError>) -> Result<Option<Entry>, Error> {
        let answer = answer.map_err(|failure| failure::of_read(self.server(key), &failure))?;
        translate::entry(answer).map_err(|_| failure::incomprehensible(self.server(key)))
    }

    fn outcomes(
        &self,
        sent: Vec<(String, Asked)>,
        answers: Vec<Result<OpResult, ClientError>>,
    ) -> Vec<Outcome> {
        let mut failed = FailedWrites::default();
        let outcome = |((key, asked), answer): ((String, Asked), _)| match answer {
            Ok(answer) => translate::outcome(asked, answer),
            Err(failure) => {
                let limit = self.max_value_bytes(&key);
                failed.outcome(self.index_of_server(&key), asked, limit, &failure)
            }
        };
        sent.into_iter().zip(answers).map(outcome).collect()
    }
}

async fn client(servers: &[String], options: &MemcachedOptions) -> Result<AsyncMetaClient, ConnectError> {
    let connections = options.connections.max(1);
    let connecting = AsyncMetaClient::builder()
        .router(StableRouter)
        .connect_timeout(Some(options.connect_timeout))
        .io_timeout(Some(options.io_timeout))
        .max_connections(Some(connections))
        .max_idle(connections)
        .connect_multiple_async(servers.iter().cloned());
    // This only resolves names, which may take as long as it likes.
    match timeout(options.connect_timeout, connecting).await {
        Ok(client) => client.map_err(|failure| ConnectError::Unresolved(failure.to_string())),
        Err(late) => Err(ConnectError::Unresolved(late.to_string())),
    }
}

#[async_trait]
impl KeyValue for Memcached {
    async fn get_many(
        &self,
        keys: Vec<String>,
        touch: Option<Lifetime>,
    ) -> Result<Vec<Option<Entry>>, Error> {
        check::read(&keys, touch)?;
        let touch = touch.map(|lifetime| translate::ttl(lifetime, SystemTime::now())).transpose()?;
        notice_closed_connections().await;
        let mut entries = Vec::with_capacity(keys.len());
        for keys in keys.chunks(KEYS_PER_TRIP) {
            let commands = keys.iter().map(|key| translate::read(key, touch));
            let answers = self.client.run_many(commands).await;
            for (key, answer) in keys.iter().zip(answers.map_err(|failure| failure::of_call(&failure))?) {
                entries.push(self.entry(key, answer)?);
            }
        }
        Ok(entries)
    }

    async fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
        check::writes(&writes)?;
        if let Some(refusal) = check::oversize(&writes, |key| self.max_value_bytes(key)) {
            return Ok(refusal);
        }
        let now = SystemTime::now();
        let sent = writes.iter().map(|write| (write.key.clone(), Asked::from(&write.change))).collect();
        let commands: Vec<_> =
            writes.into_iter().map(|write| translate::write(write, now)).collect::<Result<_, _>>()?;
        notice_closed_connections().await;
        let answers = self.client.run_batch(commands).await.map_err(|failure| failure::of_call(&failure))?;
        Ok(self.outcomes(sent, answers))
    }
}

/// Lets the runtime look at its connections. A pooled one that the server has closed meanwhile is then not
/// used, which for a write is the difference between a new connection and an unknown outcome.
async fn notice_closed_connections() {
    tokio::task::yield_now().await;
}

impl fmt::Debug for Memcached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memcached")
            .field("servers", &self.servers)
            .field("item_size_max", &self.item_size_max)
            .finish_non_exhaustive()
    }
}
