//! An allocator that counts, for tests of what a request costs.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, which counts how often each thread asks it for memory.
pub struct Counting;

impl Counting {
    /// How often this thread has asked for memory, or for more of it.
    pub fn count() -> u64 {
        COUNT.get()
    }

    fn add() {
        // A thread that ends may still allocate.
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
    }
}

// SAFETY: every call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: as `System` asks of its callers.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Counting::add();
        // SAFETY: our caller's promise.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: as `System` asks of its callers.
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Counting::add();
        // SAFETY: our caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    // SAFETY: as `System` asks of its callers.
    unsafe fn realloc(&self, old: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        Counting::add();
        // SAFETY: our caller's promise.
        unsafe { System.realloc(old, layout, new_size) }
    }

    // SAFETY: as `System` asks of its callers.
    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: our caller's promise.
        unsafe { System.dealloc(old, layout) }
    }
}
