//! Sessions for edge functions in Rust: typed values, transactions that run again after a conflict, and the
//! cookie that says who the visitor is.
//!
//! An edge function keeps what it knows of a visitor in a [`Session`], which has [`Package`]s of keys and values.
//! [`Visitors::visit`] does everything around that: it reads the cookie, begins a transaction, runs the work,
//! commits, runs the work again when another request was faster, and says which cookie to send.
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
//! It knows nothing of HTTP but these two headers, as bytes in and text out, and so goes with any way to handle a
//! request: with the `wasi` crate, `request.headers().get("cookie")` is what [`Visitors::visit`] takes, and
//! `headers.append("set-cookie", set_cookie.as_bytes())` what becomes of its answer.
//!
//! Where no visitor is involved, [`transact`] runs work on sessions whose ids the application knows by itself; and
//! [`Transaction`], [`Container`], [`Session`] and [`Package`] are the interface `lovely:session`, with its
//! contracts, under these by hand.
//!
//! Only inside a component can sessions be called. [`Cookie`] and the errors work anywhere.

mod bindings;
mod container;
mod cookie;
mod error;
mod json;
mod package;
mod runs;
mod session;
mod transact;
mod transaction;
mod visit;
mod visitors;
mod waiting;

pub use bindings::{
    Conflict, Damage, InvalidJson, InvalidName, InvalidOption, Isolation, NameKind, NotACounter, SessionName,
    TooLarge,
};
pub use container::{Container, ContainerOptions};
pub use cookie::{Cookie, InvalidCookie, SameSite};
pub use error::{Error, JsonProblem};
pub use package::Package;
pub use session::Session;
pub use transact::{TransactOptions, transact, transact_with};
pub use transaction::{Savepoint, Transaction};
pub use visit::Visit;
pub use visitors::{Visited, Visitors};
