//! What the standard library would bring: memory, and what happens on a panic.
//!
//! Without the standard library the component has a third of its size: a panic in a component has nowhere to write
//! its message, and all that formats messages falls away with them.

use core::panic::PanicInfo;

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// Traps. The host tells where.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
