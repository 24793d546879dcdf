//! Builds the programs that are measured, and tells the bench where they are: each variable is the path of a component.

#[path = "../guest/artifact/build/component.rs"]
mod component;

use std::process::ExitCode;

/// The variables, and the packages that are built.
const PROGRAMS: [(&str, &str); 3] = [
    ("VISITOR_WASM", "lovely-session-visitor"),
    ("EMPTY_WASM", "lovely-session-empty"),
    ("CART_WASM", "lovely-session-cart"),
];

fn main() -> ExitCode {
    component::main(|| component::provide(&PROGRAMS))
}
