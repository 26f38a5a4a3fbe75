//! Memory of large messages, used again and again: fresh memory costs a page fault every 4 KiB.

use std::sync::{Mutex, PoisonError};

/// Emptied buffers of large messages. They are filled and emptied on different threads.
#[derive(Debug)]
pub struct PayloadPool {
    spare: Mutex<Vec<Vec<u8>>>,
}

/// The pool of the process.
pub static PAYLOADS: PayloadPool = PayloadPool::new();

impl PayloadPool {
    const fn new() -> Self {
        let spare = Mutex::new(Vec::new());
        Self { spare }
    }

    /// A buffer with `payload` in it.
    pub(super) fn copy(&self, payload: &[u8]) -> Vec<u8> {
        let mut copy = Vec::new();
        self.exchange(&mut copy, payload.len());
        copy.extend_from_slice(payload);
        copy
    }

    /// Takes a buffer back.
    pub fn put(&self, mut payload: Vec<u8>) {
        if payload.capacity() < LARGE_BYTES {
            return;
        }
        payload.clear();
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let kept: usize = spare.iter().map(Vec::capacity).sum();
        if kept + payload.capacity() <= MAX_KEPT_BYTES {
            spare.push(payload);
        }
    }

    /// Moves `payload` to a spare buffer with room for `capacity` bytes, and not for much more, if
    /// there is one.
    pub(super) fn exchange(&self, payload: &mut Vec<u8>, capacity: usize) {
        if capacity < LARGE_BYTES {
            return;
        }
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = capacity..=capacity.saturating_mul(2);
        let Some(index) = spare
            .iter()
            .position(|spare| fits.contains(&spare.capacity()))
        else {
            return;
        };
        let mut larger = spare.swap_remove(index);
        drop(spare);
        larger.extend_from_slice(payload);
        *payload = larger;
    }
}

/// Smaller buffers come from the allocator.
const LARGE_BYTES: usize = 64 * 1024;
/// Memory that waits to be used again, at most.
const MAX_KEPT_BYTES: usize = 32 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_with_the_payload_in_it() {
        let pool = PayloadPool::new();
        pool.put(Vec::with_capacity(100_000));
        let mut payload = b"so far".to_vec();
        pool.exchange(&mut payload, 80_000);
        assert_eq!(payload, b"so far");
        assert!(payload.capacity() >= 100_000);
        let mut other = b"other".to_vec();
        pool.exchange(&mut other, 80_000);
        assert!(other.capacity() < 80_000);
    }

    #[test]
    fn a_buffer_has_to_fit() {
        for (kept, wanted, fits) in [
            (100_000, 100_000, true),
            (140_000, 70_000, true),
            (100_000, 100_001, false),
            (140_000, 69_999, false),
        ] {
            let pool = PayloadPool::new();
            pool.put(Vec::with_capacity(kept));
            let mut payload = Vec::new();
            pool.exchange(&mut payload, wanted);
            assert_eq!(payload.capacity() == kept, fits, "{kept} for {wanted}");
        }
    }

    #[test]
    fn small_buffers_are_not_kept() {
        let pool = PayloadPool::new();
        pool.put(Vec::with_capacity(LARGE_BYTES - 1));
        pool.put(Vec::with_capacity(LARGE_BYTES));
        assert_eq!(pool.spare.lock().unwrap().len(), 1);
    }

    #[test]
    fn there_is_an_end_to_what_is_kept() {
        let pool = PayloadPool::new();
        let size = MAX_KEPT_BYTES / 4;
        for _ in 0..6 {
            pool.put(Vec::with_capacity(size));
        }
        let mut taken = Vec::new();
        for _ in 0..6 {
            let mut payload = Vec::new();
            pool.exchange(&mut payload, size);
            taken.push(payload.capacity() >= size);
        }
        assert_eq!(taken, [true, true, true, true, false, false]);
    }
}
