//! Sessions for edge functions in Rust: typed values, transactions that run again after a conflict, and the
//! session cookie.
//!
//! An edge function keeps its data about a visitor in a [`Session`], which has [`Package`]s of keys and
//! values. [`Visitors::visit`] reads the `Cookie` header, begins a transaction, runs the work, commits, runs
//! the work again after a conflict, and returns the value of a `Set-Cookie` header if one is needed.
//!
//! ```no_run
//! use lovely_session::{Cookie, Error, Visit, Visitors};
//!
//! const VISITORS: Visitors = Visitors::new("shop", Cookie::new("sid"));
//!
//! fn count(visit: &Visit) -> Result<u64, Error> {
//!     let visits = visit.session_or_begin()?.package("visits")?;
//!     let count = visits.get("count")?.unwrap_or(0) + 1;
//!     visits.set("count", &count)?;
//!     Ok(count)
//! }
//!
//! # fn main() -> Result<(), Error> {
//! let cookie_headers = ["theme=dark; sid=876dd4ba681e5b628c24876c244833ecc14060e20438d23e"];
//! let visited = VISITORS.visit(cookie_headers, count)?;
//! println!("visits: {}", visited.value);
//! if let Some(set_cookie) = visited.set_cookie {
//!     println!("Set-Cookie: {set_cookie}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The crate reads `Cookie` headers as bytes and writes `Set-Cookie` as text, and depends on no HTTP library.
//! With the `wasi` crate, pass `request.headers().get("cookie")` to [`Visitors::visit`], and the result to
//! `headers.append("set-cookie", set_cookie.as_bytes())`.
//!
//! For sessions without a visitor, [`transact`] runs work on sessions whose ids the application knows.
//! [`Transaction`], [`Container`], [`Session`] and [`Package`] are the interface `lovely:session` itself.
//!
//! Calls on sessions work only inside a component. [`Cookie`] and the errors work everywhere.

mod bindings;
mod container;
mod cookie;
mod error;
mod json;
mod package;
mod patience;
mod retry;
mod session;
mod transact;
mod transaction;
mod visit;
mod visitors;

pub use bindings::{
    Conflict, Damage, InvalidJson, InvalidName, InvalidOption, Isolation, NameKind, NotACounter, SessionName,
    TooLarge,
};
pub use container::{Container, ContainerOptions};
pub use cookie::{Cookie, InvalidCookie, SameSite};
pub use error::{Error, JsonError};
pub use package::Package;
pub use session::Session;
pub use transact::{TransactOptions, transact, transact_with};
pub use transaction::{Savepoint, Transaction};
pub use visit::Visit;
pub use visitors::{Visited, Visitors};
