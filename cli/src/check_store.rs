//! `lovely-session check-store`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use lovely_session_conformance::{Report, Subject, check};
use lovely_session_host::{ComponentStore, KeyValue, StoreUrl};

use crate::failure::Failure;
use crate::output::print;
use crate::store::{StoreAccessArgs, UrlParser};

const CHECK_STORE_HELP: &str = "\
Examples:
  A store in any language, as a component that imports only WASI 0.2:
    lovely-session check-store my-store.wasm --env MY_STORE=127.0.0.1:4000

  A store that `lovely-session serve` can use:
    lovely-session check-store --store memcached://127.0.0.1:11211

The store may be in use: each run uses keys of its own, and deletes them at the end. A run takes about
10 seconds, and 20 MB of memory in the store.";

/// The arguments of `check-store`.
#[derive(Debug, Args)]
#[command(after_help = CHECK_STORE_HELP)]
pub struct CheckStoreArgs {
    /// The store: a component that exports `lovely:session/key-value@0.1.0`
    #[arg(value_name = "STORE.wasm", required_unless_present = "store")]
    component: Option<PathBuf>,
    /// An environment variable of the component; may be given several times
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    environment: Vec<(String, String)>,
    /// Check this store instead of a component: `memory:`, or a `memcached://` or `memcached+tls://` URL
    #[arg(
        long, value_name = "URL", value_parser = UrlParser, conflicts_with_all = ["component", "environment"]
    )]
    store: Option<StoreUrl>,
    #[command(flatten)]
    access: StoreAccessArgs,
    /// Skip the rules about lifetimes, for a store that has none
    #[arg(long)]
    without_lifetimes: bool,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Checks a store, and prints the report.
pub async fn run(args: CheckStoreArgs) -> Result<(), Failure> {
    let subject = Subject::new(open(&args).await?);
    let subject = if args.without_lifetimes { subject.without_lifetimes() } else { subject };
    let report = check(&subject).await;
    print(format!("{report}\n"))?;
    result(&report)
}

async fn open(args: &CheckStoreArgs) -> Result<Arc<dyn KeyValue>, Failure> {
    match (&args.store, &args.component) {
        (Some(url), _) => Ok(args.access.open(url).await?.into()),
        (None, Some(path)) => open_component(path, &args.environment),
        (None, None) => Err(Failure::Usage("give a component, or a store with --store".to_owned())),
    }
}

fn open_component(path: &Path, environment: &[(String, String)]) -> Result<Arc<dyn KeyValue>, Failure> {
    let bytes = fs::read(path).map_err(|source| Failure::Read { path: path.to_owned(), source })?;
    let store = ComponentStore::with_wasi(&bytes, environment.to_vec());
    Ok(Arc::new(store.map_err(|source| Failure::StoreComponent { path: path.to_owned(), source })?))
}

fn result(report: &Report) -> Result<(), Failure> {
    match (report.is_kept(), report.is_broken()) {
        (true, _) => Ok(()),
        (false, true) => Err(Failure::BrokenStore),
        (false, false) => Err(Failure::IncompleteStore),
    }
}
