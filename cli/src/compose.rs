//! `lovely-session compose`.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use lovely_session_host::compose::{compose, with_store};
use lovely_session_host::{KV_MEMCACHED, SESSION_COMPONENT};

use crate::failure::Failure;

const COMPOSE_HELP: &str = "\
Examples:
  The session component with a store in memcached, to compose applications with:
    lovely-session compose --store memcached --output lovely-session-memcached.wasm

  An application with sessions in a store of your own:
    lovely-session compose shop.wasm --store my-store.wasm --output shop-with-sessions.wasm

With `memcached`, the environment of the running component names the servers:
LOVELY_SESSION_MEMCACHED=HOST:PORT[,HOST:PORT…]. LOVELY_SESSION_MEMCACHED_TIMEOUT_MS is the time limit of
a call, 2000 by default. Without `--store`, the component imports `lovely:session/key-value`.";

/// The arguments of `compose`.
#[derive(Debug, Args)]
#[command(after_help = COMPOSE_HELP)]
pub struct ComposeArgs {
    /// The application: a WebAssembly component; without it, the output is the session component
    #[arg(value_name = "APP.wasm")]
    application: Option<PathBuf>,
    /// Where sessions are kept: `memcached`, or a component that exports `lovely:session/key-value`
    #[arg(long, value_name = "memcached|STORE.wasm")]
    store: Option<PathBuf>,
    /// Where to write the component
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

/// The name of the store component that is built in.
const MEMCACHED: &str = "memcached";

/// Composes the components that the arguments name, and writes the result.
pub fn run(args: &ComposeArgs) -> Result<(), Failure> {
    let sessions = match &args.store {
        Some(path) => Cow::Owned(composed_with(path)?),
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

/// The session component composed with this store.
fn composed_with(store: &Path) -> Result<Vec<u8>, Failure> {
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
