//! Serves an application over HTTP/1.1 and HTTP/2, with TLS if wanted: one fresh instance for each request.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use lovely_session_host::Memory;
//! use lovely_session_host::serve::{Application, Limits, Server};
//!
//! let application = Application::load(&std::fs::read("shop.wasm")?, Limits::default())?;
//! let server = Server::bind("127.0.0.1:8080", application, Arc::new(Memory::new())).await?;
//! let interrupted = async { tokio::signal::ctrl_c().await.unwrap_or(()) };
//! server.run(interrupted).await;
//! # Ok(())
//! # }
//! ```
//!
//! # Steps of a request
//!
//! The server reads the body of a request to its end, waits for a free slot, makes an instance, calls the application,
//! and drops the instance. The instance has its own memory, and no environment, files, sockets or outgoing HTTP, unless
//! the [`Application`] was granted some. The [`Limits`] apply to each step. When a request fails, the client gets a
//! status and a short text, and the log has the details:
//!
//! | status | when |
//! |---|---|
//! | 400 | the request is malformed: it has no host or several, or its target or its body is malformed |
//! | 408 | the body did not arrive within the time limit |
//! | 413 | the body is larger than the limit |
//! | 414 | the target has more than 32 KiB |
//! | 417 | the request has an expectation other than `100-continue` |
//! | 421 | the target is a URL of another scheme than that of the connection: `https` with TLS, `http` without |
//! | 431 | the head has more than 64 KiB, or more than 100 fields |
//! | 500 | the application trapped, exceeded its memory limit, or sent no response |
//! | 501 | the request is a CONNECT, or its body has a transfer coding other than `chunked` |
//! | 503 | the server has no slot for the request, and too many wait already, or the request waited for too long |
//! | 504 | the application sent no response within the time limit |
//!
//! When an application fails after the head of its response, the server closes the connection (HTTP/2: resets the
//! stream), so that no client takes half a response for a complete one. When a client disconnects, the application
//! continues within its time limit, so that no commit is interrupted.
//!
//! Requests that race for one session are served one after the other ([`Turns`](crate::Turns)). A request that has
//! waited for half of its time limit continues without a turn.
//!
//! # The rules of HTTP/1.1
//!
//! The requirements of RFC 9112 (and of RFC 9110, where it refers to that) for a server, and what implements them:
//!
//! | rule | section | implemented by | otherwise |
//! |---|---|---|---|
//! | no space before a colon or the first field, no folded line, no bare CR, no NUL | 2.2, 5 | hyper | 400, and the connection closes |
//! | the version is 1.0 or 1.1 | 2.3 | hyper | 400, and the connection closes |
//! | the target is not too long | 3 | this module, up to a head of 64 KiB | 414; over that, 431 from hyper |
//! | one valid `Host`, in every request of HTTP/1.1 | 3.2 | this module | 400 |
//! | a host in the target takes precedence over the field | 3.2.2 | wasmtime-wasi-http, which hides `Host` from the application | |
//! | an authority alone is for CONNECT only, `*` for OPTIONS only | 3.2.3, 3.2.4 | this module | 400; CONNECT itself 501 |
//! | a target of the scheme `https` is for TLS only | RFC 9110, 7.4 | this module | 421 |
//! | `chunked` is the last transfer coding, in HTTP/1.1 only | 6.1, 6.3 | hyper | 400, and the connection closes |
//! | no transfer coding that the server does not know | 6.1 | this module | 501 |
//! | `Transfer-Encoding` takes precedence over `Content-Length` | 6.3 | hyper | the connection closes after the response |
//! | one `Content-Length`, which is a number | 6.3 | hyper | 400, and the connection closes |
//! | chunks with sizes that are numbers; extensions are ignored | 7.1 | hyper | 400, and the connection closes |
//! | no body in responses to HEAD, nor with 204 and 304 | 6.3 | hyper | |
//! | no chunks for HTTP/1.0 | 6.1 | hyper | |
//! | responses in the order of the requests, and none after `close` | 9.3, 9.6 | hyper | |
//! | no other protocol, and no status 1xx as the final response | RFC 9110, 15.2 | this module | 500 |
//! | an expectation is met or rejected | RFC 9110, 10.1.1 | `100-continue`: hyper; others: this module | 417 |
//!
//! # The rules of HTTP/2
//!
//! A client speaks HTTP/2 by prior knowledge, or chooses it by ALPN. With TLS, ALPN alone decides. The limits and the
//! statuses are those of HTTP/1.1. What differs:
//!
//! | rule | section of RFC 9113 | implemented by | otherwise |
//! |---|---|---|---|
//! | the preface and the settings come within [`Limits::header_time`] | 3.4 | this module | the connection closes |
//! | `:authority` or one valid `Host`; both only with the same value | 8.3.1 | this module | 400 |
//! | `:scheme` is that of the connection | 8.3.1 | this module | 421 |
//! | no `Connection`, `Transfer-Encoding`, `Upgrade` or the like | 8.2.2 | h2 | the stream is reset |
//! | the header list has at most 64 KiB | 6.5.2 | h2 | 431, or the connection closes |
//! | the body has its `Content-Length` | 8.1.1 | h2 | the stream is reset |
//! | at most 100 streams at a time on each connection | 5.1.2 | h2 | the stream is refused |
//! | at most [`Limits::connections`] streams at a time on all connections | | this module | they wait, then 503 |
//! | at most 100 more requests are reset than completed | 10.5 | this module | the connection closes |
//! | a connection without a stream closes after [`Limits::header_time`] | 9.1 | this module | GOAWAY |
//! | a client takes at least 16 KiB of each response in [`Limits::send_time`] | 10.5 | this module | the stream is reset |
//! | a server that stops says so, and completes the streams | 6.8 | hyper | GOAWAY |
//! | a response that the application breaks off is no complete one | 8.1 | this module | the stream is reset |
//!
//! # Replacing the application or the certificate
//!
//! [`Server::reloader`] returns a handle that does so while the server runs. No request is refused or interrupted.
//!
//! # What an application may use
//!
//! [`Application::with_wasi`] grants an environment, files and whatever else `wasmtime_wasi::WasiCtxBuilder` has, and
//! [`Application::with_outgoing_http`] outgoing HTTP requests: [`OutgoingHttp`] sends them to the origins that you
//! allow. What the host holds for these counts toward [`Limits::memory`], and everything ends with the request.
//!
//! # The cache of compiled code
//!
//! Compiling an application takes seconds. [`Application::load_cached`] keeps the compiled code in a
//! directory, a [`CodeCache`], and the next start takes milliseconds. The files hold native code: see
//! [`CodeCache`] for how they are protected.
//!
//! # The log
//!
//! Every request leaves one line with the target `access`, without its query, its headers and everything else that may
//! hold a secret. The target `application` has the output of the application, up to 1000 lines or 1 MiB in a second for
//! all requests together, and its failures. The target `store` has the failures of the store, also those that the
//! application hides.
//!
//! These are events of `tracing`, emitted on the threads that serve requests. The subscriber of your program must not
//! block or panic when its log is slow or cannot be written, because that would delay the request or make it fail. The
//! subscriber of `lovely-session serve` writes on a separate thread, and drops lines that it cannot write.

mod accept;
mod ahead;
mod application;
mod bounded_store;
mod cache;
mod connection;
mod cookies;
mod engine;
mod exchanges;
mod file_linker;
mod grants;
mod guest_output;
mod head;
mod held;
mod hooks;
mod http2;
mod http_linker;
mod instance;
mod limits;
mod load;
mod memory;
mod observer;
mod outgoing;
mod output_limit;
mod preface;
mod queue;
mod recorder;
mod refusal;
mod reload;
mod request;
mod response;
mod run;
mod server;
mod state;
mod steady;
mod streams;
mod tls;
mod trace_context;
mod workers;

pub use application::{Application, LoadError, Loaded};
pub use cache::{CacheProblem, CodeCache};
pub use engine::pooled_engine;
pub use limits::Limits;
pub use load::Load;
pub use observer::{Moment, Observer, Participation, RequestReport, TransactionOutcome, TransactionReport};
pub use outgoing::{Origin, OriginError, OutgoingHttp, OutgoingHttpOptions, TrustError};
pub use reload::{ReloadError, Reloader};
/// The crate of [`ServerConfig`](rustls::ServerConfig), in the version that [`Server::with_tls`] takes.
pub use rustls;
pub use server::{ListenError, Server};
pub use tls::{LoadedTls, TlsError, TlsFiles, Validity, ValidityProblem};
pub use trace_context::TraceContext;
