//! The generated bindings, under shorter names.

#[allow(missing_docs, unsafe_code, clippy::all)]
mod generated {
    use crate::Visitor;

    wit_bindgen::generate!({
        path: ["../../../wit", "wit"],
        world: "lovely:benches/visitor",
        generate_all,
    });
    export!(Visitor);
}

pub use generated::Guest;
pub use generated::lovely::session::key_value;
pub use generated::lovely::session::sessions::{Container, Package, Session};
pub use generated::lovely::session::transactions::{Error, Savepoint, Transaction};
