//! The component's heap. It begins in the memory that an instance begins with.
//!
//! An allocator that grows the memory before it returns the first byte takes longer for that than a transaction on a
//! small session takes to compute, and each request has an instance of its own.

#![allow(unsafe_code, reason = "it is an allocator")]

use core::alloc::Layout;
use core::arch::wasm32;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use talc::base::Talc;
use talc::base::binning::Binning;
use talc::cell::TalcSyncCell;
use talc::source::Source;
use talc::wasm::WasmBinning;

use crate::small_blocks::SmallBlocks;

#[global_allocator]
static ALLOCATOR: SmallBlocks<TalcSyncCell<Heap, WasmBinning>> =
    SmallBlocks::new(TalcSyncCell::new_wasm(Heap { used: false, end: None }));

/// What a transaction on small sessions needs.
const FIRST_BYTES: usize = 128 << 10;

/// The size of a WebAssembly page.
const PAGE: usize = 64 << 10;

/// More than the allocator adds to what it is asked for.
const OVERHEAD: usize = 64;

static mut FIRST: [MaybeUninit<u8>; FIRST_BYTES] = [MaybeUninit::uninit(); FIRST_BYTES];

/// Where the allocator's memory comes from: first from [`FIRST`], then from pages that the memory grows by.
#[derive(Debug)]
struct Heap {
    /// Whether it has [`FIRST`].
    used: bool,
    /// The end of the pages that were added last.
    end: Option<NonNull<u8>>,
}

// SAFETY: it allocates nothing.
unsafe impl Source for Heap {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        if !talc.source.used {
            talc.source.used = true;
            // SAFETY: only this line uses it, and it runs once.
            unsafe { talc.claim((&raw mut FIRST).cast(), FIRST_BYTES) };
            return Ok(());
        }
        let pages = (layout.size() + layout.align() + OVERHEAD).div_ceil(PAGE);
        let grown = wasm32::memory_grow::<0>(pages);
        if grown == usize::MAX {
            return Err(());
        }
        let (base, size) = ((grown * PAGE) as *mut u8, pages * PAGE);
        talc.source.end = match talc.source.end {
            // SAFETY: nobody else grows the memory, so the new pages are free, and stand right behind the old ones.
            Some(end) if end.as_ptr() == base => Some(unsafe { talc.extend(end, base.wrapping_add(size)) }),
            // SAFETY: as above; nobody uses them yet.
            _ => unsafe { talc.claim(base, size) },
        };
        Ok(())
    }
}
