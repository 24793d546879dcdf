//! The cart's contract over HTTP: a real client, a real socket, the real components. The cart in each language must
//! keep it, on both stores.

mod applications;
mod browser;
mod checkout;
mod items;
mod page;
mod races;
mod refusals;
mod sessions;
mod site;
mod store;
