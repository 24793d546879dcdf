//! `lovely-session stats`.

mod json;
mod report;

use std::time::Duration;

use clap::Args;
use lovely_session_host::{
    ConnectError, MemcachedUrl, OpenStore, ServerAddress, ServerStatistics, Statistics, StoreOptions,
    StoreUrl,
};
use tokio::task::JoinSet;

use self::json::json;
use self::report::report;
use crate::failure::Failure;
use crate::output::print;
use crate::store::StoreArgs;

const STATS_HELP: &str = "\
Example:
  lovely-session stats --store memcached://10.0.0.1:11211,10.0.0.2:11211

For each server: whether it replies, its version, its items and memory, how many reads find an item, how many
items it evicted, its connections, and what limits sessions there. The exit code is 4 if a server does not
tell.";

/// The arguments of `stats`.
#[derive(Debug, Args)]
#[command(after_help = STATS_HELP)]
pub struct StatsArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// How long to wait for the servers
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
}

/// Prints the statistics of each server.
pub async fn run(args: StatsArgs) -> Result<(), Failure> {
    let StoreUrl::Memcached(url) = &args.store.url else {
        // It fails, and says why.
        return args.store.open().await.map(drop);
    };
    let memcached = args.store.access.options(&args.store.url)?;
    let options = StoreOptions { memcached, ..StoreOptions::default() };
    let servers = ask_all(url, &options, Duration::from_secs(args.timeout)).await;
    print(if args.json { json(&servers) } else { report(&servers) })?;
    let failed = servers.iter().filter(|server| server.statistics.is_err()).count();
    if failed == 0 { Ok(()) } else { Err(Failure::NoStatistics { failed, servers: servers.len() }) }
}

/// Asks each server by itself, so that one that cannot be used does not hide the others.
async fn ask_all(url: &MemcachedUrl, options: &StoreOptions, limit: Duration) -> Vec<ServerStatistics> {
    let mut asked = JoinSet::new();
    for (place, server) in url.servers.iter().cloned().enumerate() {
        let url = StoreUrl::Memcached(MemcachedUrl { servers: vec![server.clone()], ..url.clone() });
        let options = options.clone();
        asked.spawn(async move {
            let late = ConnectError::TimedOut { server: server.clone(), after: limit };
            let asking = ask(&url, &options, limit);
            let statistics = tokio::time::timeout(limit, asking).await.unwrap_or(Err(late));
            (place, statistics_of(&server, statistics))
        });
    }
    let mut servers = asked.join_all().await;
    servers.sort_by_key(|(place, _)| *place);
    servers.into_iter().map(|(_, server)| server).collect()
}

async fn ask(url: &StoreUrl, options: &StoreOptions, limit: Duration) -> Result<Statistics, ConnectError> {
    let OpenStore::Memcached(store) = url.open(options).await? else { return Err(ConnectError::NoServers) };
    let told = store.stats(limit).await.into_iter().next();
    told.map_or(Err(ConnectError::NoServers), |server| server.statistics)
}

fn statistics_of(server: &ServerAddress, statistics: Result<Statistics, ConnectError>) -> ServerStatistics {
    ServerStatistics { name: server.to_string(), statistics }
}
