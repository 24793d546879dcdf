//! `lovely-session serve`.

mod args;
mod in_force;
mod load;
mod observe;
mod signals;
mod size;

use lovely_session_admin::CodeSource;
use lovely_session_host::OpenStore;
use lovely_session_host::serve::{Limits, Server};
use tokio::sync::oneshot;

pub use self::args::ServeArgs;
use self::load::load;
use self::observe::{Described, Observation, Observed};
use self::signals::catch_signals;
use crate::failure::Failure;
use crate::log::Log;

/// Serves until a signal stops it.
pub async fn run(args: ServeArgs, log: &Log) -> Result<(), Failure> {
    let mut stopping = catch_signals(log.queue().clone()).map_err(Failure::System)?;
    tokio::select! {
        prepared = prepare(&args, log) => {
            let (server, observed) = prepared?;
            serve(server, observed, stopping).await;
        }
        _ = &mut stopping => tracing::info!("stopped before the server was ready"),
    }
    Ok(())
}

async fn prepare(args: &ServeArgs, log: &Log) -> Result<(Server, Observed), Failure> {
    let observation = Observation::begin(&args.observe).await?;
    let path = args.application.clone();
    let bytes = std::fs::read(&path).map_err(|source| Failure::Read { path, source })?;
    // At most a quarter of the concurrent requests may wait for a store server that does not reply.
    let waiting_calls = usize::try_from(args.limits.max_requests / 4).unwrap_or(usize::MAX);
    let store = args.store.url.open(&args.store.options(waiting_calls)?).await?;
    let path = args.application.clone();
    let limits = Limits::from(&args.limits);
    // Compiling takes seconds, during which signals have to work.
    let cache = args.cache.directory();
    let loading = tokio::task::spawn_blocking(move || load(&bytes, limits, cache.as_deref()));
    let loaded = loading.await.map_err(|error| Failure::System(error.into()))?;
    let loaded = loaded.map_err(|source| Failure::Load { path, source })?;
    let server = Server::bind(&args.addr, loaded.application, store.key_value()).await?;
    let described = describe(args, store, loaded.compiled);
    Ok(observation.of(server, described, log))
}

/// What the operator is told about a server.
fn describe(args: &ServeArgs, store: OpenStore, compiled: bool) -> Described {
    let loaded = CodeSource::default();
    loaded.count(compiled);
    if compiled {
        tracing::info!("compiled the application");
    } else {
        tracing::info!("loaded the compiled application from the cache");
    }
    Described {
        application: args.application.display().to_string(),
        store,
        store_url: args.store.url.to_string(),
        loaded,
        limits: args.limits_in_force.0.clone(),
    }
}

async fn serve(server: Server, observed: Observed, stopping: oneshot::Receiver<()>) {
    tracing::info!("serving on http://{}", server.local_addr());
    let stopping = async {
        stopping.await.unwrap_or(());
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
