//! `lovely-session compose`.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use lovely_session_host::compose::{compose, with_store};
use lovely_session_host::{KV_MEMCACHED, SESSION_COMPONENT};

use crate::args::ComposeArgs;
use crate::failure::Failure;

/// The name of the store component that is built in.
const MEMCACHED: &str = "memcached";

/// Joins what the arguments name, and writes it.
pub fn run(args: &ComposeArgs) -> Result<(), Failure> {
    let sessions = match &args.store {
        Some(path) => Cow::Owned(joined_with(path)?),
        None => Cow::Borrowed(SESSION_COMPONENT),
    };
    let component = match &args.application {
        Some(path) => {
            let application = read(path)?;
            let composed = compose(&application, &sessions);
            Cow::Owned(composed.map_err(|source| Failure::Compose { path: path.clone(), source })?)
        }
        None => sessions,
    };
    fs::write(&args.output, component).map_err(|source| Failure::Write { path: args.output.clone(), source })
}

/// The session component with the store that this names.
fn joined_with(store: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = match store.to_str() {
        Some(MEMCACHED) => Cow::Borrowed(KV_MEMCACHED),
        _ => Cow::Owned(read(store)?),
    };
    with_store(SESSION_COMPONENT, &bytes)
        .map_err(|source| Failure::Compose { path: store.to_owned(), source })
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|source| Failure::Read { path: path.to_owned(), source })
}
