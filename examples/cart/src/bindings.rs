//! The generated bindings of `lovely:session`, under shorter names.

#[allow(missing_docs, unsafe_code, clippy::all)]
mod generated {
    wit_bindgen::generate!({ path: ["../../wit", "wit"], world: "lovely:cart/cart", generate_all });
}

pub use generated::lovely::session::sessions::{Container, Package, Session};
pub use generated::lovely::session::transactions::{Error, Savepoint, Transaction};
