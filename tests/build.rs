//! Builds the WebAssembly programs of the tests, and sets variables with their paths:
//!
//! - `CART_WASM` and `COUNTER_WASM` are the paths of the components that `examples/cart` and `examples/counter` become;
//! - `KV_WASI_KEYVALUE_WASM` is that of `guest/kv-wasi-keyvalue`;
//! - `PROGRAM_<NAME>_WASM` is that of `programs/<name>`, the name in upper case;
//! - `TARGET` is the platform that the tests are built for.
//!
//! Tests read them with `env!`, so a program that does not build stops the tests from compiling.

#[path = "../guest/artifact/build/component.rs"]
mod component;

use std::process::ExitCode;

/// The variables, and the packages that are built.
const PROGRAMS: [(&str, &str); 8] = [
    ("CART_WASM", "lovely-session-cart"),
    ("COUNTER_WASM", "lovely-session-counter"),
    ("KV_WASI_KEYVALUE_WASM", "lovely-session-kv-wasi-keyvalue"),
    ("PROGRAM_CALLER_WASM", "lovely-session-caller"),
    ("PROGRAM_HOARD_WASM", "lovely-session-hoard"),
    ("PROGRAM_MISBEHAVE_WASM", "lovely-session-misbehave"),
    ("PROGRAM_SHOP_WASM", "lovely-session-shop"),
    ("PROGRAM_SDK_WASM", "lovely-session-sdk-program"),
];

fn main() -> ExitCode {
    println!("cargo::rustc-env=TARGET={}", std::env::var("TARGET").unwrap_or_default());
    component::main(|| component::provide(&PROGRAMS))
}
