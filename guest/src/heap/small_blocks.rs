//! Small blocks: lists of free ones by their size, before a general allocator.
//!
//! A transaction on a small session allocates some fifty times, nearly always a few bytes that are soon free again.
//! Taking the first of a list and putting it back is several times as fast as a search for the best place.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr;

/// Sizes are rounded up to multiples of this, which is also the alignment of all small blocks.
const UNIT: usize = 16;

/// The largest small block, in bytes.
const MAX_SMALL: usize = 512;

const SIZES: usize = MAX_SMALL / UNIT;

/// The bytes that are taken from the general allocator at once, to be divided into small blocks.
const REGION: Layout = match Layout::from_size_align(8 << 10, UNIT) {
    Ok(layout) => layout,
    Err(_) => Layout::new::<u8>(),
};

/// A free block. Its first bytes lead to the next free one of its size.
struct Free {
    next: *mut Free,
}

struct State {
    /// The first free block of each size.
    free: [*mut Free; SIZES],
    /// What is left of the last region: where it begins, and its length.
    rest: (*mut u8, usize),
}

/// An allocator of small blocks. Large ones, and the memory that small ones are made of, come from `A`.
///
/// Small blocks never return to `A`: they keep at most the memory that was in use at one time for each size.
pub struct SmallBlocks<A> {
    state: UnsafeCell<State>,
    general: A,
}

// SAFETY: without threads there is nobody to share it with.
#[cfg(target_family = "wasm")]
unsafe impl<A> Sync for SmallBlocks<A> {}

impl<A> SmallBlocks<A> {
    /// An allocator without blocks.
    pub const fn new(general: A) -> Self {
        let state = State { free: [ptr::null_mut(); SIZES], rest: (ptr::null_mut(), 0) };
        Self { state: UnsafeCell::new(state), general }
    }
}

/// The position among the sizes, for a small block.
fn size_of(layout: Layout) -> Option<usize> {
    let is_small = layout.size() <= MAX_SMALL && layout.align() <= UNIT;
    // An allocation is never of 0 bytes.
    is_small.then(|| layout.size().wrapping_sub(1) / UNIT)
}

impl<A: GlobalAlloc> SmallBlocks<A> {
    /// Divides the rest of the last region, or a new one.
    fn fresh(&self, state: &mut State, position: usize) -> *mut u8 {
        let size = (position + 1) * UNIT;
        let (mut start, mut length) = state.rest;
        if length < size {
            // SAFETY: the size of a region is not 0.
            start = unsafe { self.general.alloc(REGION) };
            if start.is_null() {
                return start;
            }
            length = REGION.size();
        }
        state.rest = (start.wrapping_add(size), length - size);
        start
    }
}

// SAFETY: a block is taken from the list of its size or from what no block was made of, so it overlaps no other; it has
// as many bytes as its size says, at least those of the layout; and it begins at a multiple of `UNIT`, because regions
// do and all sizes are multiples. A caller that follows the rules of `GlobalAlloc` returns it with the same layout, so
// it returns to the list of its own size, and nobody uses it while it is there. No function below calls itself or
// unwinds, and there are no threads, so the state is borrowed once at a time.
unsafe impl<A: GlobalAlloc> GlobalAlloc for SmallBlocks<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(position) = size_of(layout) else {
            // SAFETY: the caller's promises.
            return unsafe { self.general.alloc(layout) };
        };
        // SAFETY: see above.
        let state = unsafe { &mut *self.state.get() };
        match state.free.get_mut(position) {
            Some(first) if !first.is_null() => {
                let block = *first;
                // SAFETY: a block in a list is free and holds what leads to the next one.
                *first = unsafe { (*block).next };
                block.cast()
            }
            _ => self.fresh(state, position),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: see above.
        let state = unsafe { &mut *self.state.get() };
        match size_of(layout).and_then(|position| state.free.get_mut(position)) {
            Some(first) => {
                let block: *mut Free = block.cast();
                // SAFETY: the block has at least `UNIT` bytes, is aligned to that, and belongs to nobody from now on.
                unsafe { block.write(Free { next: *first }) };
                *first = block;
            }
            // SAFETY: the caller's promises; the block came from there.
            None => unsafe { self.general.dealloc(block, layout) },
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the size is valid with the alignment.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        match (size_of(layout), size_of(new_layout)) {
            // SAFETY: the caller's promises; the block came from there.
            (None, None) => unsafe { self.general.realloc(block, layout, new_size) },
            (old, new) if old == new => block,
            _ => {
                // SAFETY: the new size is not 0.
                let moved = unsafe { self.alloc(new_layout) };
                if !moved.is_null() {
                    // SAFETY: both blocks have that many bytes and do not overlap; the old one is returned once.
                    unsafe {
                        ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size));
                        self.dealloc(block, layout);
                    }
                }
                moved
            }
        }
    }
}
