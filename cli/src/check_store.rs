//! `lovely-session check-store`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use lovely_session_conformance::{Report, Subject, check};
use lovely_session_host::{ComponentStore, KeyValue, StoreOptions};

use crate::args::CheckStoreArgs;
use crate::failure::Failure;
use crate::output::print;

/// Checks a store, and prints the report.
pub async fn run(args: CheckStoreArgs) -> Result<(), Failure> {
    let subject = Subject::new(open(&args).await?);
    let subject = if args.without_lifetimes { subject.without_lifetimes() } else { subject };
    let report = check(&subject).await;
    print(&format!("{report}\n"))?;
    outcome(&report)
}

async fn open(args: &CheckStoreArgs) -> Result<Arc<dyn KeyValue>, Failure> {
    match (&args.store, &args.component) {
        (Some(url), _) => Ok(url.open(&StoreOptions::default()).await?),
        (None, Some(path)) => open_component(path, &args.environment),
        (None, None) => Err(Failure::Usage("name a component, or a store with --store".to_owned())),
    }
}

fn open_component(path: &Path, environment: &[(String, String)]) -> Result<Arc<dyn KeyValue>, Failure> {
    let bytes = fs::read(path).map_err(|source| Failure::Read { path: path.to_owned(), source })?;
    let store = ComponentStore::with_wasi(&bytes, environment.to_vec());
    Ok(Arc::new(store.map_err(|source| Failure::StoreComponent { path: path.to_owned(), source })?))
}

fn outcome(report: &Report) -> Result<(), Failure> {
    match (report.is_kept(), report.is_broken()) {
        (true, _) => Ok(()),
        (false, true) => Err(Failure::BrokenStore),
        (false, false) => Err(Failure::IncompleteStore),
    }
}
