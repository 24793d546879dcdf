//! `lovely-session inspect`.

use std::time::{SystemTime, UNIX_EPOCH};

use lovely_session_core::{Record, store_key};
use lovely_session_host::{StoreOptions, StoreUrl};

use crate::args::InspectArgs;
use crate::failure::Failure;
use crate::output::print;
use crate::report::{Found, report};

/// Prints a session; looks at it in a way that leaves it as it is.
pub async fn run(args: InspectArgs) -> Result<(), Failure> {
    let found = find(&args).await?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
    let (text, result) = report(&found, now);
    print(&text)?;
    result.map_err(Failure::Record)
}

async fn find(args: &InspectArgs) -> Result<Found, Failure> {
    let key =
        store_key(&args.container, &args.session_id).map_err(|error| Failure::Usage(error.to_string()))?;
    if matches!(args.store, StoreUrl::Memory) {
        let message = "sessions in `memory:` are in the process that serves them, and cannot be seen from \
                       here; give the `memcached://` URL that `serve` was given";
        return Err(Failure::Usage(message.to_owned()));
    }
    let store = args.store.open(&StoreOptions::default()).await?;
    let entries = store.get_many(vec![key], None).await.map_err(Failure::ReadStore)?;
    let Some(entry) = entries.into_iter().flatten().next() else {
        return Err(Failure::NoSession { container: args.container.clone() });
    };
    let size = entry.value.len();
    let record = Record::decode(entry.value).map_err(Failure::Record)?;
    Ok(Found { record, size, seconds_left: entry.seconds_left })
}
