//! The generated bindings of the export, and nothing else.

#![allow(missing_docs, unsafe_code, clippy::all, reason = "generated code")]

wit_bindgen::generate!({
    path: "../../wit",
    world: "store-component",
    generate_all,
    pub_export_macro: true,
    export_macro_name: "export_store",
    default_bindings_module: "lovely_session_guest_store::bindings",
});
