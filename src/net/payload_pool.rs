//! Memory of large messages, used again and again: fresh memory costs a page fault every 4 KiB.

use std::sync::{Mutex, PoisonError};

/// Emptied buffers of large messages, shared by a JS thread and its lanes.
#[derive(Debug, Default)]
pub struct PayloadPool {
    spare: Mutex<Vec<Vec<u8>>>,
}

impl PayloadPool {
    /// Takes a buffer back.
    pub fn put(&self, mut payload: Vec<u8>) {
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

/// Memory that waits to be used again, at most.
const MAX_KEPT_BYTES: usize = 32 << 20;
