//! What the operator of a server sees: the admin server, traces, and the log of sessions.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::Args;
use lovely_session_admin::{
    AdminServer, CodeSource, Limit, Metrics, Observers, Readiness, SESSIONS, SessionLog, Shown, Sources,
    Status, Traces, TracesOptions,
};
use lovely_session_host::OpenStore;
use lovely_session_host::serve::Server;

use crate::failure::Failure;
use crate::log::Log;

/// How long the last traces may take at the end of the process.
const LAST_TRACES: Duration = Duration::from_secs(3);

/// What the operator of `serve` sees.
#[derive(Debug, Args)]
#[command(next_help_heading = "Observation")]
pub struct ObserveArgs {
    /// Serve health checks, metrics and a page for operators at this address; a port alone is one on 127.0.0.1
    #[arg(long, value_name = "[HOST:]PORT", value_parser = admin_address)]
    pub admin: Option<String>,
    /// A name, beside `localhost` and addresses, by which requests may call the admin server; repeatable
    #[arg(long, value_name = "NAME", requires = "admin")]
    pub admin_host: Vec<String>,
    /// Send traces to this collector, by OTLP over HTTP; spans go to the path /v1/traces under it
    #[arg(long, value_name = "URL")]
    pub otlp: Option<String>,
    /// The part of the traces that begin here and are recorded, from 0 to 1
    #[arg(long, value_name = "RATIO", default_value_t = 1.0, value_parser = ratio, requires = "otlp")]
    pub trace_ratio: f64,
}

/// Accepts an address, or a port on the loopback address.
fn admin_address(text: &str) -> Result<String, String> {
    match text.parse::<u16>() {
        Ok(port) => Ok(format!("127.0.0.1:{port}")),
        Err(_) if text.contains(':') => Ok(text.to_owned()),
        Err(_) => Err("give a port, or an address and a port such as 127.0.0.1:9090".to_owned()),
    }
}

fn ratio(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok();
    number
        .filter(|ratio| (0.0..=1.0).contains(ratio))
        .ok_or_else(|| "give a number from 0 to 1, such as 0.1".to_owned())
}

/// What observes a server from its beginning to its end.
pub struct Observation {
    admin: Option<AdminServer>,
    traces: Option<Arc<Traces>>,
}

impl Observation {
    /// Begins: listens on the address of the admin server, so that one that is in use is an error before anything is
    /// served, and connects nowhere.
    pub async fn begin(args: &ObserveArgs) -> Result<Self, Failure> {
        let admin = match &args.admin {
            Some(address) => Some(AdminServer::bind(address, args.admin_host.clone()).await?),
            None => None,
        };
        let traces = args.otlp.as_ref().map(|endpoint| {
            let service = "lovely-session".to_owned();
            Traces::start(&TracesOptions { endpoint: endpoint.clone(), ratio: args.trace_ratio, service })
        });
        Ok(Self { admin, traces: traces.transpose()?.map(Arc::new) })
    }

    /// Observes a server.
    pub fn of(self, server: Server, described: Described, log: &Log) -> (Server, Observed) {
        let started = SystemTime::now();
        let mut observers = Observers::default();
        let readiness = Readiness::new(described.store.clone());
        let sources = Sources {
            load: server.load().clone(),
            turns: server.turns().clone(),
            store: described.store,
            loaded: described.loaded,
            started,
        };
        if let Some(admin) = self.admin {
            let metrics = Arc::new(Metrics::new(&sources));
            observers = observers.with(metrics.clone());
            let status = Status {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                application: described.application,
                addresses: vec![format!("http://{}", server.local_addr())],
                store: described.store_url,
                started,
                limits: described.limits,
            };
            tracing::info!("operators find metrics and the page at http://{}/", admin.local_addr());
            let shown =
                Shown { readiness: readiness.clone(), metrics, status, errors: log.recent_errors().clone() };
            tokio::spawn(admin.run(shown));
        }
        if let Some(traces) = &self.traces {
            observers = observers.with(traces.clone());
        }
        if tracing::enabled!(target: SESSIONS, tracing::Level::INFO) {
            observers = observers.with(Arc::new(SessionLog));
        }
        let server = if observers.is_empty() { server } else { server.with_observer(Arc::new(observers)) };
        (server, Observed { readiness, traces: self.traces })
    }
}

/// What the admin server tells about a server.
pub struct Described {
    /// The name of the application's file.
    pub application: String,
    /// The store.
    pub store: OpenStore,
    /// Its URL.
    pub store_url: String,
    /// Where the code of the application came from.
    pub loaded: CodeSource,
    /// The limits in force.
    pub limits: Vec<Limit>,
}

/// A server that is observed.
pub struct Observed {
    readiness: Readiness,
    traces: Option<Arc<Traces>>,
}

impl Observed {
    /// The server stops: it is not ready any more.
    pub fn stopping(&self) {
        self.readiness.stop();
    }

    /// The server has stopped: sends the last traces.
    pub async fn finish(self) {
        if let Some(traces) = self.traces {
            // Fails only if it panicked.
            let _ = tokio::task::spawn_blocking(move || traces.finish(LAST_TRACES)).await;
        }
    }
}
