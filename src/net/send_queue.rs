//! Bytes on their way to the kernel.

use std::{cell::RefCell, collections::VecDeque, io::IoSlice, sync::Arc};

use super::{PAYLOADS, shared_payload::StoredPayload};

/// A FIFO of byte runs, in each of which frames are collected. Large runs come from the thread's
/// spare ones, which are warm, and go back to them; very large ones from the pool of large messages.
#[derive(Default)]
pub(super) struct SendQueue {
    runs: VecDeque<Run>,
    /// Bytes of the first run that were written already.
    head: usize,
    length: usize,
}

/// Bytes that follow each other.
enum Run {
    /// Frames that were collected.
    Own(Vec<u8>),
    /// A payload that other queues may have as well.
    Shared(Arc<StoredPayload>),
}

impl Run {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

impl SendQueue {
    /// Lets `write` append about `bytes` to the run that collects frames.
    pub(super) fn append_with(&mut self, bytes: usize, write: impl FnOnce(&mut Vec<u8>)) {
        if !matches!(self.runs.back(), Some(Run::Own(run)) if run.len() < RUN_BYTES) {
            self.runs.push_back(Run::Own(Vec::new()));
        }
        if let Some(Run::Own(run)) = self.runs.back_mut() {
            let before = run.len();
            if run.capacity() - before < bytes && before + bytes > KEEP_BYTES {
                exchange(run, before + bytes);
            }
            write(run);
            self.length += run.len() - before;
        }
    }

    /// Appends bytes without a copy.
    pub(super) fn append_shared(&mut self, bytes: Arc<StoredPayload>) {
        self.length += bytes.len();
        self.runs.push_back(Run::Shared(bytes));
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
            *slice = IoSlice::new(&run.bytes()[skip..]);
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
            let bytes = run.bytes().len();
            if self.head < bytes {
                break;
            }
            self.head -= bytes;
            match run {
                // The last run, if it is small, keeps its memory for the next frames.
                Run::Own(run) if self.head + self.length == 0 && run.capacity() <= KEEP_BYTES => {
                    run.clear();
                    break;
                }
                Run::Own(run) => put_spare(std::mem::take(run)),
                Run::Shared(_) => {}
            }
            self.runs.pop_front();
        }
    }

    /// The rest will wait for long: it must not take more memory than its bytes.
    pub(super) fn settle(&mut self) {
        if let [Run::Own(run)] = self.runs.make_contiguous()
            && run.capacity() > 2 * self.length
        {
            let rest = run[self.head..].to_vec();
            put_spare(std::mem::replace(run, rest));
            self.head = 0;
        }
    }
}

/// Runs that nobody needs now.
struct Spare {
    runs: Vec<Vec<u8>>,
    bytes: usize,
}

thread_local! {
    static SPARE: RefCell<Spare> = const { RefCell::new(Spare { runs: Vec::new(), bytes: 0 }) };
}

impl Spare {
    fn take(&mut self) -> Option<Vec<u8>> {
        let run = self.runs.pop()?;
        self.bytes -= run.capacity();
        Some(run)
    }

    fn put(&mut self, mut run: Vec<u8>) {
        if self.bytes + run.capacity() <= MAX_SPARE_BYTES {
            run.clear();
            self.bytes += run.capacity();
            self.runs.push(run);
        }
    }
}

/// Moves `run`, which shall have room for `capacity` bytes, to a spare one if there is any.
fn exchange(run: &mut Vec<u8>, capacity: usize) {
    if capacity > 2 * RUN_BYTES {
        PAYLOADS.exchange(run, capacity);
    } else if let Ok(Some(mut spare)) = SPARE.try_with(|spare| spare.borrow_mut().take()) {
        spare.extend_from_slice(run);
        *run = spare;
    }
}

fn put_spare(run: Vec<u8>) {
    if run.capacity() > 2 * RUN_BYTES {
        PAYLOADS.put(run);
    } else if run.capacity() >= KEEP_BYTES {
        // The thread may be ending; then nobody needs the run any more.
        let _ = SPARE.try_with(|spare| spare.borrow_mut().put(run));
    }
}

/// A run that reached this size is not appended to.
const RUN_BYTES: usize = 64 * 1024;
/// Memory that an idle connection may keep for its next frames.
const KEEP_BYTES: usize = 1024;
/// Memory that a thread keeps for the next tick: fresh memory costs a page fault every 4 KiB.
const MAX_SPARE_BYTES: usize = 8 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::SharedPayload;

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
            queue.append_with(0, |run| run.extend_from_slice(b"abc"));
            queue.append_with(0, |run| run.extend_from_slice(b"de"));
            queue.append_shared(SharedPayload::default().store(b"fghi"));
            queue.append_with(0, |run| run.extend_from_slice(b"jk"));
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
        queue.append_with(0, |run| run.resize(100_000, 0));
        queue.advance(100_000);
        assert!(queue.runs.is_empty());
        queue.append_with(0, |run| run.resize(10, 0));
        queue.advance(10);
        assert_eq!(queue.runs.len(), 1);
    }

    #[test]
    fn what_waits_takes_no_more_memory_than_its_bytes() {
        let mut queue = SendQueue::default();
        queue.append_with(0, |run| run.resize(60_000, 7));
        queue.advance(59_990);
        queue.settle();
        assert!(matches!(&queue.runs[0], Run::Own(run) if run.capacity() == 10));
        assert_eq!(next_bytes(&queue), [7; 10]);
        queue.append_with(0, |run| run.extend_from_slice(b"ab"));
        queue.advance(11);
        assert_eq!(next_bytes(&queue), b"b");
    }
}
