//! The binary `lovely-check-store`: checks a store, and prints the report.

use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use lovely_session_conformance::{ComponentStore, Report, Subject, check};
use lovely_session_host::{KeyValue, StoreOptions, StoreUrl};

const HELP: &str = "\
Examples:
  A store in any language, as a component that imports nothing but WASI 0.2:
    lovely-check-store my-store.wasm --env MY_STORE=127.0.0.1:4000

  A store that `lovely-session serve` can use:
    lovely-check-store --store memcached://127.0.0.1:11211

The store may be in use: every run has keys of its own, and deletes them in the end. It takes some 10
seconds, and 20 MB of room in the store.

Exit codes:
  0  every rule is kept
  1  a rule is broken
  2  the command line is wrong, the store cannot be opened, or the report cannot be written
  3  no rule is broken, and some are unsupported or could not be tried";

/// Checks that a store keeps the contract of `lovely:session/key-value`, and prints what it finds.
#[derive(Debug, Parser)]
#[command(name = "lovely-check-store", version, after_help = HELP)]
struct Args {
    /// The store: a component that exports `lovely:session/key-value@0.1.0`
    #[arg(value_name = "STORE.wasm", required_unless_present = "store")]
    component: Option<PathBuf>,
    /// A variable in the environment of the component; may be given several times
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    environment: Vec<(String, String)>,
    /// Checks this store instead: `memory:`, or `memcached://HOST:PORT[,HOST:PORT…]`
    #[arg(long, value_name = "URL", conflicts_with_all = ["component", "environment"])]
    store: Option<StoreUrl>,
    /// The store has no lifetimes: try all that does not need them
    #[arg(long)]
    without_lifetimes: bool,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let without_lifetimes = args.without_lifetimes;
    let store = match open(args).await {
        Ok(store) => store,
        Err(error) => {
            print_error(&*error);
            return ExitCode::from(2);
        }
    };
    let subject = Subject::new(store);
    let subject = if without_lifetimes { subject.without_lifetimes() } else { subject };
    let report = check(&subject).await;
    match print(&report) {
        Ok(()) => exit_code(&report),
        Err(error) => {
            print_error(&ReportError(error));
            ExitCode::from(2)
        }
    }
}

/// The report cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the report")]
struct ReportError(#[source] io::Error);

fn print(report: &Report) -> io::Result<()> {
    match writeln!(io::stdout(), "{report}") {
        // Such as `head`, which has read all that it wants.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

async fn open(args: Args) -> Result<Arc<dyn KeyValue>, Box<dyn Error>> {
    match (args.store, args.component) {
        (Some(url), _) => Ok(url.open(&StoreOptions::default()).await?),
        (None, Some(path)) => open_component(&path, args.environment),
        (None, None) => Err("name a component, or a store with --store".into()),
    }
}

fn open_component(path: &Path, env: Vec<(String, String)>) -> Result<Arc<dyn KeyValue>, Box<dyn Error>> {
    let bytes = fs::read(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    Ok(Arc::new(ComponentStore::with_wasi(&bytes, env)?))
}

fn exit_code(report: &Report) -> ExitCode {
    match (report.is_kept(), report.is_broken()) {
        (true, _) => ExitCode::SUCCESS,
        (false, true) => ExitCode::from(1),
        (false, false) => ExitCode::from(3),
    }
}

/// Prints an error and, below it, its reasons. When nobody can read it, the exit code has to say it.
fn print_error(error: &dyn Error) {
    let mut message = format!("error: {error}\n");
    let mut reason = error.source();
    while let Some(error) = reason {
        message.push_str(&format!("  because: {error}\n"));
        reason = error.source();
    }
    let _ = io::stderr().write_all(message.as_bytes());
}
