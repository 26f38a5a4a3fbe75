//! Bytes on their way to the kernel.

use std::{collections::VecDeque, io::IoSlice};

/// A FIFO of byte runs, in each of which frames are collected.
#[derive(Default)]
pub(super) struct SendQueue {
    runs: VecDeque<Vec<u8>>,
    /// Bytes of the first run that were written already.
    head: usize,
    length: usize,
}

impl SendQueue {
    /// Lets `write` append to the run that collects frames.
    pub(super) fn append_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if self.runs.back().is_none_or(|run| run.len() >= RUN_BYTES) {
            self.runs.push_back(Vec::new());
        }
        if let Some(run) = self.runs.back_mut() {
            let before = run.len();
            write(run);
            self.length += run.len() - before;
        }
    }

    /// Bytes that were not written yet.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// Fills `slices` with the next bytes; returns how many slices were used.
    pub(super) fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut used = 0;
        let mut skip = self.head;
        for (slice, run) in slices.iter_mut().zip(&self.runs) {
            *slice = IoSlice::new(&run[skip..]);
            skip = 0;
            used += 1;
        }
        used
    }

    /// Drops the next `written` bytes.
    pub(super) fn advance(&mut self, written: usize) {
        self.length -= written;
        self.head += written;
        while let Some(run) = self.runs.front_mut() {
            let bytes = run.len();
            if self.head < bytes {
                break;
            }
            self.head -= bytes;
            // The usual case, one small run, keeps its memory for the next frames.
            if self.length == 0 && run.capacity() <= KEEP_BYTES {
                run.clear();
                break;
            }
            self.runs.pop_front();
        }
    }
}

/// A run that reached this size is not appended to.
const RUN_BYTES: usize = 64 * 1024;
/// Memory that an idle connection may keep for its next frames.
const KEEP_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn next_bytes(queue: &SendQueue) -> Vec<u8> {
        let mut slices = [IoSlice::new(&[]); 4];
        let used = queue.slices(&mut slices);
        slices[..used]
            .iter()
            .flat_map(|slice| slice.iter().copied())
            .collect()
    }

    #[test]
    fn bytes_leave_in_order_whatever_is_written_at_a_time() {
        for step in 1..12 {
            let mut queue = SendQueue::default();
            queue.append_with(|run| run.extend_from_slice(b"abc"));
            queue.append_with(|run| run.extend_from_slice(b"defg"));
            queue.append_with(|run| run.extend_from_slice(b"hi"));
            queue.append_with(|run| run.extend_from_slice(b"jk"));
            let mut out = Vec::new();
            while queue.len() > 0 {
                let bytes = next_bytes(&queue);
                assert_eq!(bytes.len(), queue.len());
                let written = step.min(bytes.len());
                out.extend_from_slice(&bytes[..written]);
                queue.advance(written);
            }
            assert_eq!(out, b"abcdefghijk");
            assert!(next_bytes(&queue).is_empty());
        }
    }

    #[test]
    fn a_drained_queue_keeps_little_memory() {
        let mut queue = SendQueue::default();
        queue.append_with(|run| run.resize(100_000, 0));
        queue.advance(100_000);
        assert!(queue.runs.is_empty());
        queue.append_with(|run| run.resize(10, 0));
        queue.advance(10);
        assert_eq!(queue.runs.len(), 1);
    }
}
