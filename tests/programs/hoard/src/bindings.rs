//! The generated bindings of the store.

wit_bindgen::generate!({
    path: ["../../../wit", "wit"],
    world: "lovely:tests/hoard",
    generate_all,
});
