//! `lovely-session invalidate`.

use std::hash::{BuildHasher as _, RandomState};

use clap::Args;
use lovely_session_core::store_family;
use lovely_session_host::{Change, Expectation, KeyValue, Lifetime, Outcome, Write};
use serde::Serialize;

use crate::failure::Failure;
use crate::operate::OperateArgs;
use crate::output::print;

const INVALIDATE_HELP: &str = "\
Example:
  lovely-session invalidate --store memcached://10.0.0.1:11211,10.0.0.2:11211 cart

All sessions of the container end at once, on all hosts that share the servers, in one round trip, however
many there are. Other containers are not touched. Requests in progress fail with `gone`, and cannot write
their sessions back. A few entries that are put before and read after it check the result.

If a server is away, the command fails and names it. Repeat it then, which is harmless: a server that was
restarted has lost its sessions anyway, but one that was only cut off still has them.";

/// How many entries are put before, to see that they are gone after it. They spread over the servers.
const PROBES: usize = 16;

/// The arguments of `invalidate`.
#[derive(Debug, Args)]
#[command(after_help = INVALIDATE_HELP)]
pub struct InvalidateArgs {
    #[command(flatten)]
    operate: OperateArgs,
    /// The name of the container
    container: String,
}

/// The result as JSON.
#[derive(Serialize)]
struct Done<'a> {
    container: &'a str,
    invalidated: bool,
    /// How many entries were put before, and are gone.
    checked_entries: usize,
}

/// Ends all sessions of a container.
pub async fn run(args: InvalidateArgs) -> Result<(), Failure> {
    let container = args.container.as_str();
    let family = store_family(container).map_err(|error| Failure::Usage(error.to_string()))?;
    let store = args.operate.open_what_is_there().await?;
    args.operate.confirm(&format!(
        "All sessions of the container `{container}` will end now, on all hosts that use this store. \
         They cannot be brought back."
    ))?;
    // If a server is away, the sessions on the others have to end nevertheless.
    let probes = put_probes(&*store, &family).await;
    store.drop_family(family).await.map_err(Failure::Invalidate)?;
    let probes = probes?;
    let left = store.get_many(probes.clone(), None).await.map_err(Failure::ReadStore)?;
    if left.iter().any(Option::is_some) {
        return Err(Failure::NotInvalidated { container: container.to_owned() });
    }
    let done = Done { container, invalidated: true, checked_entries: probes.len() };
    print(if args.operate.json { json(&done)? } else { text(&done) })
}

/// Puts entries of the family that no session has, and returns their keys.
async fn put_probes(store: &dyn KeyValue, family: &str) -> Result<Vec<String>, Failure> {
    let run = RandomState::new().hash_one(());
    let keys: Vec<_> = (0..PROBES).map(|number| format!("{family}:probe-{run:016x}-{number}")).collect();
    let put = |key: &String| {
        let change = Change::Put { value: b"probe".to_vec(), lifetime: Lifetime::Seconds(60) };
        Write { key: key.clone(), expects: Expectation::Absent, change }
    };
    let outcomes = store.write_many(keys.iter().map(put).collect()).await.map_err(Failure::Invalidate)?;
    match outcomes.into_iter().find(|outcome| !matches!(outcome, Outcome::Applied(_))) {
        // The drop itself is tried nevertheless, and tells which servers are away.
        Some(_) => Ok(Vec::new()),
        None => Ok(keys),
    }
}

fn json(done: &Done<'_>) -> Result<String, Failure> {
    let text = serde_json::to_string(done).map_err(|error| Failure::Print(error.into()))?;
    Ok(text + "\n")
}

fn text(Done { container, checked_entries, .. }: &Done<'_>) -> String {
    let checked = match checked_entries {
        0 => "not checked: no entries could be put before, but every server has confirmed it".to_owned(),
        count => format!("checked: {count} entries that were put before are gone, as every reader sees"),
    };
    format!("all sessions of the container `{container}` have ended\n{checked}\n")
}
