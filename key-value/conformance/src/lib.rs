//! Checks that a store keeps the contract of `lovely:session/key-value`.
//!
//! Give a store to [`check`], and read the [`Report`]: it tells for each rule of the contract whether the store
//! keeps it, breaks it, or says that it cannot do what the rule is about. What a store answers `unsupported` to
//! is never counted as kept.
//!
//! ```
//! use std::sync::Arc;
//!
//! use lovely_session_conformance::{Subject, check};
//! use lovely_session_host::{ManualClock, Memory};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let clock = ManualClock::new();
//! let store = Arc::new(Memory::with_clock(clock.clone()));
//! let subject = Subject::new(store).with_clock(move |time| clock.advance(time));
//! let report = check(&subject).await;
//! assert!(report.is_kept(), "{report}");
//! # }
//! ```
//!
//! A store in another language is checked as a component that exports the interface: `ComponentStore` of
//! `lovely-session-host` makes a store of it, and `lovely-session check-store` does all this from a shell.
//!
//! What the rules leave to each store's own tests: what happens while a server is away, hangs or is restarted,
//! and how many round trips a call takes.

mod probe;
mod report;
mod rules;
mod subject;

pub use report::{Finding, Report, Verdict};
pub use subject::{Subject, check};
