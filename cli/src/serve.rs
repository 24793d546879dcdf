//! `lovely-session serve`.

use lovely_session_host::serve::{Limits, Server};
use lovely_session_host::{MemcachedOptions, StoreOptions};
use tokio::sync::oneshot;

use crate::args::ServeArgs;
use crate::failure::Failure;
use crate::load::load;
use crate::log::Log;
use crate::signals::catch_signals;

/// Serves until a signal stops it.
pub async fn run(args: ServeArgs, log: &Log) -> Result<(), Failure> {
    let mut stopping = catch_signals(log.queue().clone()).map_err(Failure::System)?;
    tokio::select! {
        server = prepare(&args) => serve(server?, stopping).await,
        _ = &mut stopping => tracing::info!("stopped before serving began"),
    }
    Ok(())
}

async fn prepare(args: &ServeArgs) -> Result<Server, Failure> {
    let path = args.application.clone();
    let bytes = std::fs::read(&path).map_err(|source| Failure::Read { path, source })?;
    let store = args.store.open(&store_options(args)).await?;
    let path = args.application.clone();
    let limits = Limits::from(&args.limits);
    // Compiling takes seconds, and signals are to be heard meanwhile.
    let cache = args.cache.directory();
    let loading = tokio::task::spawn_blocking(move || load(&bytes, limits, cache.as_deref()));
    let loaded = loading.await.map_err(|error| Failure::System(error.into()))?;
    let loaded = loaded.map_err(|source| Failure::Load { path, source })?;
    let server = Server::bind(&args.addr, loaded.application, store).await?;
    if loaded.compiled {
        tracing::info!("compiled the application");
    } else {
        tracing::info!("took the compiled application from the cache");
    }
    Ok(server)
}

/// Of the requests that run at a time, a quarter may wait for a server of the store that does not answer.
fn store_options(args: &ServeArgs) -> StoreOptions {
    let waiting_calls = usize::try_from(args.limits.max_requests / 4).unwrap_or(usize::MAX);
    StoreOptions {
        memcached: MemcachedOptions { waiting_calls, ..MemcachedOptions::default() },
        ..StoreOptions::default()
    }
}

async fn serve(server: Server, stopping: oneshot::Receiver<()>) {
    tracing::info!("serving on http://{}", server.local_addr());
    let stopping = async {
        stopping.await.unwrap_or(());
        tracing::info!("stopping: waiting for the running requests; a second signal stops at once");
    };
    report_end(server.run(stopping).await);
}

fn report_end(broken_off: usize) {
    match broken_off {
        0 => tracing::info!("stopped"),
        connections => tracing::warn!(connections, "stopped; requests that took too long were broken off"),
    }
}
