//! `lovely-session end`.

mod environment;

use std::io;
use std::rc::Rc;

use clap::Args;
use lovely_session_core::{Container, ContainerOptions, Error, Isolation, Record, Transaction, store_key};
use lovely_session_host::KeyValue;
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use self::environment::Host;
use crate::failure::Failure;
use crate::operate::OperateArgs;
use crate::output::print;

const END_HELP: &str = "\
Examples:
  lovely-session end --store memcached://10.0.0.1:11211,10.0.0.2:11211 cart 5Ck1w3…

  Keep the id out of the shell's history; it is read from the first line of standard input:
    lovely-session end --store memcached://10.0.0.1:11211,10.0.0.2:11211 cart - --yes < id.txt

The session ends as after a logout: requests in progress cannot write it back, and it is remembered for a
minute that it has ended. If its id was renewed since, it ends under the new one.";

/// The arguments of `end`.
#[derive(Debug, Args)]
#[command(after_help = END_HELP)]
pub struct EndArgs {
    #[command(flatten)]
    operate: OperateArgs,
    /// The name of the session's container
    container: String,
    /// The id of the session, or `-` to read it from standard input
    session_id: String,
}

/// The result as JSON.
#[derive(Serialize)]
struct Done<'a> {
    container: &'a str,
    ended: bool,
    /// No id leads to the session, as a new reader sees.
    verified: bool,
}

/// Ends a session.
pub async fn run(args: EndArgs) -> Result<(), Failure> {
    let (container, id) = (args.container.clone(), id(&args.session_id)?);
    let key = store_key(&container, &id).map_err(|error| Failure::Usage(error.to_string()))?;
    let store = args.operate.open().await?;
    let timeout = timeout(&*store, key, &container).await?;
    args.operate.confirm(&format!(
        "The session in the container `{container}` will end now, on all hosts that use this store. \
         It cannot be brought back."
    ))?;
    let handle = Handle::current();
    // The core is synchronous.
    let ended = spawn_blocking(move || end(&Host::new(store, handle), &args.container, &id, timeout));
    ended.await.map_err(|error| Failure::System(error.into()))??;
    let done = Done { container: &container, ended: true, verified: true };
    print(if args.operate.json {
        serde_json::to_string(&done).map_err(|error| Failure::Print(error.into()))? + "\n"
    } else {
        format!(
            "the session in the container `{container}` has ended\nchecked: no request finds it any more\n"
        )
    })
}

/// The id that was given, or the first line of standard input.
fn id(given: &str) -> Result<String, Failure> {
    if given != "-" {
        return Ok(given.to_owned());
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(Failure::System)?;
    match line.trim() {
        "" => Err(Failure::Usage("standard input has no session id in its first line".to_owned())),
        id => Ok(id.to_owned()),
    }
}

/// The timeout of a session: a transaction slides the lifetime of what it reads to it, and must not shorten that of a
/// session that it does not end after all.
async fn timeout(store: &dyn KeyValue, key: String, container: &str) -> Result<u32, Failure> {
    let entries = store.get_many(Vec::from([key]), None).await.map_err(Failure::ReadStore)?;
    let entry = entries.into_iter().flatten().next();
    let entry = entry.ok_or_else(|| Failure::NoSession { container: container.to_owned() })?;
    Ok(Record::decode(entry.value).map_err(Failure::Record)?.header().timeout)
}

/// Ends a session, and looks whether a new transaction still finds it.
fn end(host: &Host, container: &str, id: &str, timeout: u32) -> Result<(), Failure> {
    let options = ContainerOptions { timeout, ..ContainerOptions::default() };
    let sessions = Container::open(container, options).map_err(Failure::End)?;
    let none = || Failure::NoSession { container: container.to_owned() };
    let transaction = begin(host);
    match sessions.resume_renewed(&transaction, id) {
        Ok(session) => session.ok_or_else(none)?.destroy().map_err(Failure::End)?,
        Err(Error::Ended(_)) => return Err(Failure::HasEnded { container: container.to_owned() }),
        Err(error) => return Err(Failure::End(error)),
    }
    match transaction.commit() {
        // It ended at this very moment, by itself or by somebody else.
        Ok(()) | Err(Error::Gone(_) | Error::Ended(_)) => {}
        Err(error) => return Err(Failure::End(error)),
    }
    match sessions.resume_renewed(&begin(host), id) {
        Ok(None) | Err(Error::Ended(_)) => Ok(()),
        Ok(Some(_)) => Err(Failure::NotEnded { container: container.to_owned() }),
        Err(error) => Err(Failure::End(error)),
    }
}

/// A transaction that conflicts with nothing: what it does does not depend on the data of the session.
fn begin(host: &Host) -> Transaction<Host> {
    Transaction::begin(Rc::new(host.clone()), Isolation::LastWriterWins)
}
