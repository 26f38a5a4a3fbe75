//! Counts the memory that the code of a test holds.
#![allow(dead_code, reason = "every test file uses a part of it")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use oxws::proto::{Chunk, Receiver};

/// Counts what this thread holds.
struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// Bytes that this thread has allocated and not freed.
pub(crate) fn held() -> isize {
    HELD.get()
}

/// The most that this thread has held since `restart_peak`.
pub(crate) fn peak() -> isize {
    PEAK.get()
}

pub(crate) fn restart_peak() {
    PEAK.set(HELD.get());
}

fn count(change: isize) {
    let held = HELD.get() + change;
    HELD.set(held);
    PEAK.set(PEAK.get().max(held));
}

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a receiver may hold.
#[derive(Clone, Copy)]
enum Allowed {
    /// Twice the bytes received, and a little.
    ByReceived,
    Bytes(usize),
}

/// Watches what a receiver holds; what the test itself allocates does not count.
pub(crate) struct Meter {
    receiver: Receiver,
    held: isize,
    received: usize,
    allowed: Allowed,
}

impl Meter {
    /// A receiver that may hold twice what it receives.
    pub(crate) fn new(make: impl FnOnce() -> Receiver) -> Self {
        let before = held();
        let receiver = make();
        Self {
            receiver,
            held: held() - before,
            received: 0,
            allowed: Allowed::ByReceived,
        }
    }

    /// A receiver that may hold twice `limit`, and `more`.
    pub(crate) fn limited(make: impl FnOnce() -> Receiver, limit: usize, more: usize) -> Self {
        Self {
            allowed: Allowed::Bytes(2 * limit + LITTLE + more),
            ..Self::new(make)
        }
    }

    pub(crate) fn held(&self) -> usize {
        self.held.try_into().unwrap_or_default()
    }

    /// Hands a chunk in and looks at the law after every event. Returns false once the receiver has
    /// failed.
    pub(crate) fn receive(&mut self, bytes: &mut [u8]) -> bool {
        self.received += bytes.len();
        let mut chunk = Chunk::new(bytes);
        loop {
            match self.watch(|receiver| receiver.next_event(&mut chunk)) {
                Ok(Some(_)) => {}
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }

    pub(crate) fn hibernate(&mut self) {
        self.watch(Receiver::hibernate);
    }

    /// Does something to the receiver and looks at the law.
    fn watch<T>(&mut self, act: impl FnOnce(&mut Receiver) -> T) -> T {
        let before = held();
        let result = act(&mut self.receiver);
        self.held += held() - before;
        let allowed = match self.allowed {
            Allowed::ByReceived => 2 * self.received + LITTLE,
            Allowed::Bytes(bytes) => bytes,
        };
        let held = self.held();
        assert!(held <= allowed, "{held} bytes held, {allowed} allowed");
        result
    }
}

/// What a connection may hold in any case.
pub(crate) const LITTLE: usize = 4096;
