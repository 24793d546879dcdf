//! The generated bindings. The rest of the crate wraps their handles.

#[allow(missing_docs, unsafe_code, clippy::all)]
mod generated {
    wit_bindgen::generate!({
        path: "wit",
        world: "application",
        generate_all,
        additional_derives: [PartialEq, Eq],
    });
}

pub use generated::lovely::session::sessions::{Container, ContainerOptions, Package, Session};
pub use generated::lovely::session::transactions::{
    Conflict, Damage, Error, InvalidJson, InvalidName, InvalidOption, Isolation, NameKind, NotACounter,
    Savepoint, SessionName, TooLarge, Transaction, TransactionOptions,
};
