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
//! Its body is read to the end; it waits for its turn; an instance is made, with
//! a memory of its own and no environment, files, sockets or outgoing HTTP; the
//! application answers; the instance is thrown away. The [`Limits`] hold on all
//! of that. When the application fails, the client hears that and no more, and
//! the log has the rest:
//!
//! | status | when |
//! |---|---|
//! | 400 | the request names no host, or its body is broken |
//! | 408 | the body did not arrive within the time limit |
//! | 413 | the body is over the limit |
//! | 500 | the application trapped, ran out of memory, made the host hold too much, or gave no answer |
//! | 503 | its turn did not come within the time limit |
//! | 504 | the application did not answer within the time limit |
//!
//! An application that fails after the head of its answer breaks the connection,
//! so that half an answer is never taken for a whole one. A client that leaves
//! does not stop the application: it runs on within its time limit, so that a
//! commit is not cut in two.
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
//! application prints, and how it fails, is logged under the target `application`.

mod answer;
mod application;
mod bounded_store;
mod cache;
mod engine;
mod guest_output;
mod held;
mod instance;
mod limits;
mod log_targets;
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
