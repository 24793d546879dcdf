//! The generated bindings. The rest of the crate uses the types of `lovely-session-key-value`.

mod imported {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "lovely:session/store",
        imports: { default: async },
    });
}

mod exported {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "lovely:session/store-component",
        exports: { default: async },
    });
}

mod observed {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "lovely:session/observed",
        exports: { default: async },
    });
}

/// `lovely:session/observation`, as the session component exports it.
pub(crate) use observed::ObservedIndices;
pub(crate) use observed::exports::lovely::session::observation;

/// `lovely:session/key-value` as components import it.
pub(crate) use imported::lovely::session::key_value as wit;

/// `lovely:session/key-value` as store components export it.
pub(crate) use exported::exports::lovely::session::key_value as exported_wit;
pub(crate) use exported::{StoreComponent, StoreComponentPre};
