//! What the standard library would bring: memory, and what happens on a panic.
//!
//! Without the standard library a component has a third of its size: a panic in a component has nowhere to write
//! its message, and all that formats messages falls away with them.
//!
//! A component uses this by naming it: `use lovely_session_runtime as _;`. On other targets it is empty.

#![cfg(target_family = "wasm")]
#![no_std]

use core::arch::wasm32;
use core::panic::PanicInfo;

use lovely_session_heap as _;

/// Traps. The host tells where.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    wasm32::unreachable()
}
