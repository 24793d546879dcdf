//! What the standard library would bring: an end for panics, and what the target's bindings expect.
//!
//! Without the standard library the component has a third of its size: a panic in a component has nowhere to write its
//! message, and everything that formats messages goes with it.

use alloc::alloc::{alloc, realloc};
use core::alloc::Layout;
use core::arch::wasm32;
use core::panic::PanicInfo;
use core::slice;

use crate::compare::compare;

/// Traps. The host reports where.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    wasm32::unreachable()
}

// `memcpy` and its like come with the target's C library. Nothing else of it is linked.
#[link(name = "c")]
#[expect(unsafe_code, reason = "the block declares no function; it links a library")]
unsafe extern "C" {}

/// Allocates what the host passes to the component, or makes it longer. The C library's function of this name would use an
/// allocator of its own, while the bindings free what they are given with the one in `heap`.
///
/// # Safety
///
/// That of the canonical ABI: `old_size` is 0, or `old` was returned by this function for `old_size` and `align`; the
/// alignment is a power of two.
#[unsafe(no_mangle)]
#[expect(unsafe_code, reason = "the host calls it by the canonical ABI")]
unsafe extern "C" fn cabi_realloc(old: *mut u8, old_size: usize, align: usize, new_size: usize) -> *mut u8 {
    if new_size == 0 {
        return core::ptr::without_provenance_mut(align);
    }
    let Ok(layout) = Layout::from_size_align(if old_size == 0 { new_size } else { old_size }, align) else {
        wasm32::unreachable()
    };
    let new = match old_size {
        // SAFETY: the size is not 0.
        0 => unsafe { alloc(layout) },
        // SAFETY: the caller promises that `old` was allocated with this layout.
        _ => unsafe { realloc(old, layout, new_size) },
    };
    if new.is_null() { wasm32::unreachable() } else { new }
}

/// Compares bytes. That of the C library compares them one by one, which takes a twelfth of a transaction: keys of
/// sessions have 70 bytes and more.
///
/// # Safety
///
/// That of the C library's: both pointers lead to `length` bytes.
#[unsafe(no_mangle)]
#[expect(unsafe_code, reason = "the compiler calls it by its name in C")]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, length: usize) -> i32 {
    // SAFETY: the caller promises it, and nothing writes to the bytes meanwhile.
    unsafe { compare(slice::from_raw_parts(left, length), slice::from_raw_parts(right, length)) }
}
