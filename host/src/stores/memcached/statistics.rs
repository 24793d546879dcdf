//! Asks the servers for their statistics.

use std::time::Duration;

use futures_util::future::join_all;
use lovely_session_memcached::{ServerAddress, Statistics};
use tokio::time::timeout;

use super::Memcached;
use super::connect::{Dialer, Security};
use super::connect_error::ConnectError;
use super::options::MemcachedOptions;
use super::status::ServerStatus;

/// What a server tells about itself.
#[derive(Debug)]
pub struct ServerStatistics {
    /// Its address, as `HOST:PORT`.
    pub name: String,
    /// Its statistics, or why it did not tell them.
    pub statistics: Result<Statistics, ConnectError>,
}

impl Memcached {
    /// The servers as this store sees them, in the order in which they were given. Takes no time.
    pub fn servers(&self) -> Vec<ServerStatus> {
        self.servers.iter().map(|server| server.status()).collect()
    }

    /// Asks each server for its statistics and settings, all at once, each on a connection of its own that is closed
    /// then. So a server that is busy with sessions replies as soon as it can, and none takes longer than the timeout:
    /// a server that is frozen or away has an error in its place. In the order in which the servers were given.
    pub async fn stats(&self, limit: Duration) -> Vec<ServerStatistics> {
        join_all(self.servers.iter().map(|server| ask(server.dialer(), limit))).await
    }

    /// Asks servers as [`Self::stats`] does, without opening a store on them.
    ///
    /// # Errors
    ///
    /// When the options cannot be used, whatever the servers are.
    pub async fn stats_of(
        servers: &[ServerAddress],
        options: &MemcachedOptions,
        limit: Duration,
    ) -> Result<Vec<ServerStatistics>, ConnectError> {
        let security = Security::of(options)?;
        let dialers = servers.iter().map(|server| Dialer::new(server.clone(), options, security.clone()));
        Ok(join_all(dialers.map(async |dialer| ask(&dialer, limit).await)).await)
    }
}

async fn ask(dialer: &Dialer, limit: Duration) -> ServerStatistics {
    let timed_out = |_| Err(ConnectError::TimedOut { server: dialer.server.clone(), after: limit });
    let statistics = timeout(limit, dialer.ask()).await.unwrap_or_else(timed_out);
    ServerStatistics { name: dialer.server.to_string(), statistics }
}
