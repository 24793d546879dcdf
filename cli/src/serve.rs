//! `lovely-session serve`.

mod args;
mod files;
mod load;
mod reload;
mod signals;
mod size;
mod tls;

use lovely_session_host::serve::{Application, Limits, Server};
use lovely_session_host::{MemcachedOptions, StoreOptions};

pub use self::args::ServeArgs;
use self::files::raise_file_limit;
use self::load::load;
use self::reload::reload_on_request;
use self::signals::{Asked, catch_signals};
use self::tls::load_tls;
use crate::failure::Failure;
use crate::log::Log;

/// Serves until a signal stops it.
pub async fn run(args: ServeArgs, log: &Log) -> Result<(), Failure> {
    raise_file_limit();
    let mut asked = catch_signals(log.queue().clone()).map_err(Failure::System)?;
    tokio::select! {
        server = prepare(&args) => serve(&args, server?, asked).await,
        _ = &mut asked.stop => tracing::info!("stopped before the server was ready"),
    }
    Ok(())
}

async fn prepare(args: &ServeArgs) -> Result<Server, Failure> {
    let bytes = read_application(args)?;
    let tls = args.tls.files().map(|files| load_tls(&files)).transpose()?;
    let store = args.store.open(&store_options(args)).await?;
    let application = load_application(args, bytes).await?;
    let server = Server::bind(&args.addr, application, store).await?;
    Ok(match tls {
        Some(tls) => server.with_tls(tls.config),
        None => server,
    })
}

fn read_application(args: &ServeArgs) -> Result<Vec<u8>, Failure> {
    let path = args.application.clone();
    std::fs::read(&path).map_err(|source| Failure::Read { path, source })
}

async fn load_application(args: &ServeArgs, bytes: Vec<u8>) -> Result<Application, Failure> {
    let limits = Limits::from(&args.limits);
    // Compiling takes seconds, during which signals have to work.
    let cache = args.cache.directory();
    let loading = tokio::task::spawn_blocking(move || load(&bytes, limits, cache.as_deref()));
    let loaded = loading.await.map_err(|error| Failure::System(error.into()))?;
    let path = args.application.clone();
    let loaded = loaded.map_err(|source| Failure::Load { path, source })?;
    if loaded.compiled {
        tracing::info!("compiled the application");
    } else {
        tracing::info!("loaded the compiled application from the cache");
    }
    Ok(loaded.application)
}

/// At most a quarter of the concurrent requests may wait for a store server that does not reply.
fn store_options(args: &ServeArgs) -> StoreOptions {
    let waiting_calls = usize::try_from(args.limits.max_requests / 4).unwrap_or(usize::MAX);
    StoreOptions {
        memcached: MemcachedOptions { waiting_calls, ..MemcachedOptions::default() },
        ..StoreOptions::default()
    }
}

async fn serve(args: &ServeArgs, server: Server, asked: Asked) {
    let scheme = if args.tls.tls_cert.is_some() { "https" } else { "http" };
    tracing::info!("serving on {scheme}://{}", server.local_addr());
    let reloader = server.reloader();
    let stopping = async {
        tokio::select! {
            _ = asked.stop => {}
            () = reload_on_request(args, &reloader, asked.reload) => {}
        }
        tracing::info!("stopping after the running requests; a second signal stops at once");
    };
    report_end(server.run(stopping).await);
}

fn report_end(aborted: usize) {
    match aborted {
        0 => tracing::info!("stopped"),
        connections => tracing::warn!(connections, "stopped; requests that took too long were aborted"),
    }
}
