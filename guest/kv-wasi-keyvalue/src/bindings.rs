//! The generated bindings, and nothing else.

#[allow(missing_docs, unsafe_code, clippy::all)]
mod generated {
    wit_bindgen::generate!({
        path: ["../../wit", "wit"],
        world: "lovely:kv-wasi-keyvalue/adapter",
        generate_all,
        pub_export_macro: true,
        default_bindings_module: "lovely_kv_wasi_keyvalue::bindings",
    });
}

#[allow(missing_docs, unsafe_code, clippy::all)]
pub mod draft {
    wit_bindgen::generate!({
        path: ["../../wit", "wit"],
        world: "lovely:kv-wasi-keyvalue/over-draft",
        generate_all,
    });
}

#[allow(missing_docs, unsafe_code, clippy::all)]
pub mod draft2 {
    wit_bindgen::generate!({
        path: ["../../wit", "wit"],
        world: "lovely:kv-wasi-keyvalue/over-draft2",
        generate_all,
    });
}

pub use generated::*;
