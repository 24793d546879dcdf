//! `lovely-session serve`.

mod args;
mod files;
mod grants;
mod in_force;
mod load;
mod observe;
mod reload;
mod signals;
mod size;
mod tls;

use lovely_session_host::OpenStore;
use lovely_session_host::serve::Server;

pub use self::args::ServeArgs;
use self::files::raise_file_limit;
use self::load::Loader;
use self::observe::{Described, Observation, Observed};
use self::reload::reload_on_request;
use self::signals::{Asked, catch_signals};
use self::tls::load_tls;
use crate::failure::Failure;
use crate::log::Log;

/// Serves until a signal stops it.
pub async fn run(args: &ServeArgs, log: &Log) -> Result<(), Failure> {
    raise_file_limit();
    let mut asked = catch_signals(log.queue().clone()).map_err(Failure::System)?;
    tokio::select! {
        prepared = prepare(args, log) => serve(args, prepared?, asked).await,
        _ = &mut asked.stop => tracing::info!("stopped before the server was ready"),
    }
    Ok(())
}

/// A server that is ready, with what it was made of.
struct Prepared {
    server: Server,
    loader: Loader,
    observed: Observed,
}

async fn prepare(args: &ServeArgs, log: &Log) -> Result<Prepared, Failure> {
    if let Some(config) = &args.config {
        tracing::info!("using the configuration file `{}`", config.display());
    }
    let loader = Loader::new(args)?;
    let bytes = loader.read()?;
    let tls = args.tls.files().map(|files| load_tls(&files)).transpose()?;
    let observation = Observation::begin(&args.observe).await?;
    // At most a quarter of the concurrent requests may wait for a store server that does not reply.
    let waiting_calls = usize::try_from(args.limits.max_requests / 4).unwrap_or(usize::MAX);
    let store = args.store.url.open(&args.store.options(waiting_calls)?).await?;
    let application = loader.load(bytes).await?;
    let server = Server::bind(&args.addr, application, store.key_value()).await?;
    loader.log_source();
    let server = match tls {
        Some(tls) => server.with_tls(tls.config),
        None => server,
    };
    let (server, observed) = observation.of(server, describe(args, store, &loader), log);
    Ok(Prepared { server, loader, observed })
}

/// What the operator is told about a server.
fn describe(args: &ServeArgs, store: OpenStore, loader: &Loader) -> Described {
    Described {
        application: loader.name(),
        scheme: args.tls.scheme(),
        store,
        store_url: args.store.url.to_string(),
        loaded: loader.source().clone(),
        limits: args.limits_in_force.0.clone(),
    }
}

async fn serve(args: &ServeArgs, prepared: Prepared, asked: Asked) {
    let Prepared { server, loader, observed } = prepared;
    tracing::info!("serving on {}://{}", args.tls.scheme(), server.local_addr());
    let reloader = server.reloader();
    let stopping = async {
        tokio::select! {
            _ = asked.stop => {}
            () = reload_on_request(&args.tls, &loader, &reloader, asked.reload) => {}
        }
        observed.stopping();
        tracing::info!("stopping after the running requests; a second signal stops at once");
    };
    report_end(server.run(stopping).await);
    observed.finish().await;
}

fn report_end(aborted: usize) {
    match aborted {
        0 => tracing::info!("stopped"),
        connections => tracing::warn!(connections, "stopped; requests that took too long were aborted"),
    }
}
