//! The SDKs: what each of them does, over HTTP. `tests/programs/sdk` describes the programs, of which there is one for
//! each language; they do with their SDK what a request tells them.

mod browser;
mod conflicts;
mod cookies;
mod lost_replies;
mod savepoints;
mod sessions;
mod site;
mod transactions;
mod values;
