//! What the operator of a server of `lovely-session-host` asks for: health checks, metrics for Prometheus, traces for
//! OpenTelemetry, and a page with live plots.
//!
//! Everything is made of what the server tells its [`Observer`](lovely_session_host::serve::Observer), and of the state of
//! the store. [`Metrics`] and [`Traces`] are observers; [`AdminServer`] serves what they know:
//!
//! | path | what |
//! |---|---|
//! | `/` | the page |
//! | `/healthz` | 200 as long as the process runs |
//! | `/readyz` | 200 if the server takes requests and the store replies; otherwise 503, with the reason |
//! | `/metrics` | the metrics, in the text format of OpenMetrics 1.0 |
//! | `/status` | what the page shows beside the metrics, as JSON |
//!
//! Nothing here changes anything, and nothing holds an id or a value of a session.

mod admin_server;
mod errors;
mod metrics;
mod observers;
mod page;
mod readiness;
mod refusal;
mod server_statistics;
mod session_log;
mod sources;
mod status;
mod traces;

pub use admin_server::{AdminServer, Shown};
pub use errors::{RecentError, RecentErrors};
pub use metrics::Metrics;
pub use observers::Observers;
pub use readiness::{NotReady, Readiness};
pub use session_log::{SESSIONS, SessionLog};
pub use sources::{CodeSource, Sources};
pub use status::{Limit, Status};
pub use traces::{TraceError, Traces, TracesOptions};

/// Has the README's example compiled, as a test of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
