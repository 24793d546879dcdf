//! The SDKs: what each of them does, over HTTP. `tests/programs/sdk` describes the programs, of which there is one for
//! each language; they do with their SDK what a request tells them.

mod browser;
mod conflicts;
mod cookies;
mod frameworks;
mod lost_replies;
mod misuse;
mod savepoints;
mod sessions;
mod site;
mod table;
mod transactions;
mod values;
