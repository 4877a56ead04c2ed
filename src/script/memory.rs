//! What a script may allocate. The engine's own limit leaves no memory for the error that says so; this one keeps a reserve for it,
//! and remembers that the limit was met, whatever the script does with the error.
#![allow(unsafe_code, reason = "an allocator; every call goes on to the crate's own")]

use rquickjs::allocator::{Allocator, RustAllocator};
use std::cell::Cell;
use std::rc::Rc;

/// For the error, its stack, and what unwinds.
const RESERVE_BYTES: usize = 1 << 20;

/// The account of one engine.
pub struct Memory {
    used: Cell<usize>,
    limit: Cell<usize>,
    exhausted: Cell<bool>,
}

impl Memory {
    /// Without a limit: what sets the engine up must not fail.
    pub fn new() -> Rc<Memory> {
        Rc::new(Memory {
            used: Cell::new(0),
            limit: Cell::new(usize::MAX),
            exhausted: Cell::new(false),
        })
    }

    /// From now on, for what comes on top of what is there; or none.
    pub fn set_limit(&self, bytes: Option<usize>) {
        self.limit
            .set(bytes.map_or(usize::MAX, |bytes| self.used.get().saturating_add(bytes)));
        self.exhausted.set(false);
    }

    /// Whether the limit was met since it was set.
    pub fn exhausted(&self) -> bool {
        self.exhausted.get()
    }

    fn allows(&self, more: usize) -> bool {
        let after = self.used.get().saturating_add(more);
        if after <= self.limit.get() {
            return true;
        }
        // The first time there must be an error, even where the reserve has room.
        let known = self.exhausted.replace(true);
        known && after <= self.limit.get().saturating_add(RESERVE_BYTES)
    }

    fn took(&self, pointer: *mut u8) -> *mut u8 {
        if !pointer.is_null() {
            // SAFETY: the pointer comes from this allocator.
            self.used
                .set(self.used.get().saturating_add(unsafe { RustAllocator::usable_size(pointer) }));
        }
        pointer
    }
}

/// The allocator that an engine is made with.
pub struct Limited(pub Rc<Memory>);

// SAFETY: every allocation is the crate's own allocator's; this one only counts, and refuses with null, which the trait allows.
unsafe impl Allocator for Limited {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        if !self.0.allows(size) {
            return std::ptr::null_mut();
        }
        self.0.took(RustAllocator.alloc(size))
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        match count.checked_mul(size) {
            Some(bytes) if self.0.allows(bytes) => self.0.took(RustAllocator.calloc(count, size)),
            _ => std::ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&mut self, pointer: *mut u8) {
        if pointer.is_null() {
            return;
        }
        // SAFETY: the caller's promise is handed on.
        unsafe {
            self.0
                .used
                .set(self.0.used.get().saturating_sub(RustAllocator::usable_size(pointer)));
            RustAllocator.dealloc(pointer);
        }
    }

    unsafe fn realloc(&mut self, pointer: *mut u8, new_size: usize) -> *mut u8 {
        if pointer.is_null() {
            return self.alloc(new_size);
        }
        // SAFETY: the caller's promise is handed on; a pointer that could not be moved stays valid, and stays counted.
        unsafe {
            let old = RustAllocator::usable_size(pointer);
            if new_size > old && !self.0.allows(new_size - old) {
                return std::ptr::null_mut();
            }
            let moved = RustAllocator.realloc(pointer, new_size);
            if !moved.is_null() {
                self.0.used.set(self.0.used.get().saturating_sub(old));
            }
            self.0.took(moved)
        }
    }

    unsafe fn usable_size(pointer: *mut u8) -> usize {
        // SAFETY: the caller's promise is handed on.
        unsafe { RustAllocator::usable_size(pointer) }
    }
}
