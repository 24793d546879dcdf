//! Asks the servers for their statistics.

use std::time::Duration;

use futures_util::future::join_all;
use lovely_session_memcached::Statistics;
use tokio::time::timeout;

use super::Memcached;
use super::connect_error::ConnectError;
use super::server::Server;
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
        join_all(self.servers.iter().map(|server| ask(server, limit))).await
    }
}

async fn ask(server: &Server, limit: Duration) -> ServerStatistics {
    let dialer = server.dialer();
    let timed_out = |_| Err(ConnectError::TimedOut { server: dialer.server.clone(), after: limit });
    let connected = timeout(limit, dialer.dial()).await.unwrap_or_else(timed_out);
    let statistics = connected.map(|connected| Statistics::parse(&connected.replies));
    ServerStatistics { name: server.name().to_owned(), statistics }
}
