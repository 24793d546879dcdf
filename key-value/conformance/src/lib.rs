//! Tests whether a store keeps the contract of `lovely:session/key-value`.
//!
//! Pass a store to [`check`]. The [`Report`] has a [`Finding`] for each rule of the contract: the store keeps the rule,
//! breaks it, or does not support what the rule is about. A rule for which the store returns `unsupported` never counts
//! as kept.
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
//! To test a store in another language, build it as a component that exports the interface, and use `ComponentStore` of
//! `lovely-session-host`. The command `lovely-session check-store` does the same from a shell.
//!
//! The rules do not cover how a store behaves while a server is unreachable, hangs or restarts, nor how many round
//! trips a call takes. A store has to test these itself.

mod check;
mod probe;
mod report;
mod rule;
mod rules;
mod stop;
mod subject;

pub use check::check;
pub use report::{Finding, Report, Status};
pub use subject::Subject;
