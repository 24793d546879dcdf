//! Serves an application over HTTP/1.1: one fresh instance for each request.
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
//! # What a request goes through
//!
//! Its body is read to the end; it waits for a free place; an instance is made, with
//! a memory of its own and no environment, files, sockets or outgoing HTTP; the
//! application answers; the instance is thrown away. The [`Limits`] hold on all
//! of that. When the application fails, the client hears that and no more, and
//! the log has the rest:
//!
//! | status | when |
//! |---|---|
//! | 400 | the request is malformed: it names no host or several, its target or its body is broken |
//! | 408 | the body did not arrive within the time limit |
//! | 413 | the body is over the limit |
//! | 414 | the target has more than 32 KiB |
//! | 417 | the request expects something other than `100-continue` |
//! | 421 | the target is a URL of another scheme than `http` |
//! | 431 | the head has more than 64 KiB, or more than 100 fields |
//! | 500 | the application trapped, ran out of memory, made the host hold too much, or gave no answer |
//! | 501 | the request asks for a tunnel, or its body has a transfer coding other than `chunked` |
//! | 503 | no place became free within the time limit |
//! | 504 | the application did not answer within the time limit |
//!
//! An application that fails after the head of its answer breaks the connection,
//! so that half an answer is never taken for a whole one. A client that leaves
//! does not stop the application: it runs on within its time limit, so that a
//! commit is not cut in two.
//!
//! Requests that race for one session are served one after the other ([`Turns`](crate::Turns)). One that waits for half
//! of its time limit goes on without its turn.
//!
//! # The rules of HTTP/1.1
//!
//! What RFC 9112 (and what it takes from RFC 9110) demands of a server, and which part keeps it:
//!
//! | rule | section | kept by | what happens otherwise |
//! |---|---|---|---|
//! | no space before a colon or the first field, no folded line, no bare CR, no NUL | 2.2, 5 | hyper | 400, and the connection ends |
//! | the version is 1.0 or 1.1 | 2.3 | hyper | 400, and the connection ends |
//! | the target is not too long | 3 | this module, up to a head of 64 KiB | 414; over that, 431 from hyper |
//! | one valid `Host`, in every request of HTTP/1.1 | 3.2 | this module | 400 |
//! | a host in the target counts, not that in the field | 3.2.2 | wasmtime-wasi-http, which hides `Host` from the application | |
//! | an authority alone is for CONNECT, `*` for OPTIONS | 3.2.3, 3.2.4 | this module | 400; CONNECT itself 501 |
//! | a target of the scheme `https` came over TLS | RFC 9110, 7.4 | this module | 421 |
//! | `chunked` is the last transfer coding, in HTTP/1.1 only | 6.1, 6.3 | hyper | 400, and the connection ends |
//! | no transfer coding that the server does not know | 6.1 | this module | 501 |
//! | `Transfer-Encoding` counts, not `Content-Length` beside it | 6.3 | hyper | the connection ends with the answer |
//! | one `Content-Length`, which is a number | 6.3 | hyper | 400, and the connection ends |
//! | chunks with sizes that are numbers; extensions are ignored | 7.1 | hyper | 400, and the connection ends |
//! | no body in answers to HEAD, nor in 204 and 304 | 6.3 | hyper | |
//! | no chunks for HTTP/1.0 | 6.1 | hyper | |
//! | answers in the order of the requests, and an end after `close` | 9.3, 9.6 | hyper | |
//! | no protocol but HTTP/1.1, and no status 1xx as the answer | RFC 9110, 15.2 | this module | 500 |
//! | an expectation is met or refused | RFC 9110, 10.1.1 | `100-continue`: hyper; others: this module | 417 |
//!
//! # Starting again
//!
//! Compiling an application takes seconds. [`Application::load_cached`] keeps the compiled code in a
//! directory, a [`CodeCache`], and the next start takes milliseconds. It is native code: see [`CodeCache`]
//! for what makes it trustworthy.
//!
//! # The log
//!
//! Every request leaves a line in the log under the target `access`, without its
//! query, its headers and everything else in which a secret may be. What the
//! application prints, and how it fails, is logged under the target `application`. How the store fails is logged under
//! the target `store`, also when the application hides it.
//!
//! These are events of `tracing`, emitted on the threads that serve. The subscriber of the embedding program must not
//! block or panic when its log is slow or cannot be written: it would hold up or fail the request. The subscriber of
//! `lovely-session serve` writes on a thread of its own, and drops what it cannot write.

mod answer;
mod application;
mod bounded_store;
mod cache;
mod engine;
mod guest_output;
mod head;
mod held;
mod instance;
mod limits;
mod memory;
mod refusal;
mod request;
mod server;
mod state;

pub use application::{Application, LoadError, Loaded};
pub use cache::{CacheProblem, CodeCache};
pub use engine::pooled_engine;
pub use limits::Limits;
pub use server::{ListenError, Server};
