//! `lovely-session bench-store`.

mod figures;
mod keys;
mod measure;
mod report;

use std::time::Duration;

use clap::Args;

use self::keys::Keys;
use self::measure::{Pace, measure};
use self::report::{json, report};
use crate::failure::Failure;
use crate::output::print;
use crate::store::StoreArgs;

const BENCH_STORE_HELP: &str = "\
Example:
  lovely-session bench-store --store memcached://10.0.0.1:11211,10.0.0.2:11211

It takes about ten seconds: how long one read and one compare-and-swap take, and how many of them are done
with 64 at a time, for values of 1 KB and of 100 KB. The store may be in use, and serves others more slowly
meanwhile. The measurement uses keys of its own, with up to 7 MB, and deletes them; if it is interrupted,
they expire a minute after it.";

/// The arguments of `bench-store`.
#[derive(Debug, Args)]
#[command(after_help = BENCH_STORE_HELP)]
pub struct BenchStoreArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// How long to measure in all
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
}

/// The sizes of the values in bytes.
const SIZES: [usize; 2] = [1_000, 100_000];

/// Measures the store, and prints the figures.
pub async fn run(args: BenchStoreArgs) -> Result<(), Failure> {
    let store = args.store.open().await?;
    let mut figures = Vec::new();
    let pace = Pace::of(Duration::from_secs(args.seconds.into()) / SIZES.len() as u32);
    for size in SIZES {
        let keys = Keys::new(store.clone(), size);
        let measured = measure(&keys, pace).await;
        // Also after a failure, as far as it is possible.
        let deleted = keys.delete().await;
        figures.push(measured?);
        deleted?;
    }
    print(if args.json { json(&figures) } else { report(&figures) })
}
