//! The generated bindings, and nothing else. The rest of the crate speaks the types of `key_value`.

mod generated {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "lovely:session/store",
        imports: { default: async },
    });
}

pub(crate) use generated::lovely::session::key_value as wit;
