//! `lovely-session inspect`.

mod report;
mod state;
mod text;

use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use lovely_session_core::{Record, store_key};
use lovely_session_host::KeyValue as _;

use self::report::{Found, report};
use crate::failure::Failure;
use crate::output::print;
use crate::store::StoreArgs;

const INSPECT_HELP: &str = "\
Example:
  lovely-session inspect --store memcached://127.0.0.1:11211 cart 5Ck1w3…

The session id is what the application gave to the visitor, such as the value of a cookie. It is a
secret; the shell's history keeps it. Sessions in `memory:` cannot be inspected, because they exist only
in the process that serves them.";

/// The arguments of `inspect`.
#[derive(Debug, Args)]
#[command(after_help = INSPECT_HELP)]
pub struct InspectArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The name of the session's container
    container: String,
    /// The id of the session
    session_id: String,
}

/// Prints a session. Neither its data nor its remaining lifetime change.
pub async fn run(args: InspectArgs) -> Result<(), Failure> {
    let found = find(&args).await?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
    let (text, result) = report(&found, now);
    print(text)?;
    result.map_err(Failure::Record)
}

async fn find(args: &InspectArgs) -> Result<Found, Failure> {
    let key =
        store_key(&args.container, &args.session_id).map_err(|error| Failure::Usage(error.to_string()))?;
    let store = args.store.open().await?;
    let entries = store.get_many(vec![key], None).await.map_err(Failure::ReadStore)?;
    let Some(entry) = entries.into_iter().flatten().next() else {
        return Err(Failure::NoSession { container: args.container.clone() });
    };
    let size = entry.value.len();
    let record = Record::decode(entry.value).map_err(Failure::Record)?;
    Ok(Found { record, size, seconds_left: entry.seconds_left })
}
