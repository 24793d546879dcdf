//! `lovely-session stats`.

mod json;
mod report;

use std::time::Duration;

use clap::Args;
use lovely_session_host::{Memcached, StoreUrl};

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
    let options = url.options(&args.store.access.options(&args.store.url)?);
    let servers = Memcached::stats_of(&url.servers, &options, Duration::from_secs(args.timeout)).await?;
    print(if args.json { json(&servers) } else { report(&servers) })?;
    let failed = servers.iter().filter(|server| server.statistics.is_err()).count();
    if failed == 0 { Ok(()) } else { Err(Failure::NoStatistics { failed, servers: servers.len() }) }
}
