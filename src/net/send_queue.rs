//! Bytes on their way to the kernel.

mod spare;

use std::{collections::VecDeque, io::IoSlice, sync::Arc};

use super::shared_payload::StoredPayload;

/// A FIFO of byte runs. The last one collects frames; mostly there is no other. Runs come from the
/// thread's spare ones, which are warm, and go back to them: an empty queue has no memory of its
/// own.
#[derive(Default)]
pub(super) struct SendQueue {
    /// What is in front of `run`.
    backlog: Option<Box<Backlog>>,
    /// Collects frames.
    run: Vec<u8>,
    /// Bytes of the first run that were written already.
    head: usize,
    length: usize,
}

/// Runs that nothing is appended to.
#[derive(Default)]
struct Backlog {
    runs: VecDeque<Run>,
}

/// Bytes that follow each other.
enum Run {
    /// Frames that were collected.
    Own(Vec<u8>),
    /// A frame: its header, and a payload that other queues may have as well.
    Shared(Vec<u8>, Arc<StoredPayload>),
}

impl Run {
    fn parts(&self) -> [&[u8]; 2] {
        match self {
            Self::Own(bytes) => [bytes, &[]],
            Self::Shared(header, payload) => [header, payload],
        }
    }

    fn len(&self) -> usize {
        self.parts().iter().map(|part| part.len()).sum()
    }
}

impl SendQueue {
    /// Lets `write` append about `bytes` to the run that collects frames.
    pub(super) fn append_with(&mut self, bytes: usize, write: impl FnOnce(&mut Vec<u8>)) {
        if self.run.len() >= RUN_BYTES {
            let run = std::mem::take(&mut self.run);
            self.push(Run::Own(run));
        }
        let before = self.run.len();
        if self.run.capacity() - before < bytes {
            spare::exchange(&mut self.run, before + bytes);
        }
        write(&mut self.run);
        self.length += self.run.len() - before;
    }

    /// Appends a frame without a copy of its payload.
    pub(super) fn append_shared(&mut self, header: Vec<u8>, payload: Arc<StoredPayload>) {
        if !self.run.is_empty() {
            let run = std::mem::take(&mut self.run);
            let run = if is_wasteful(&run, 0) {
                cut(run, 0)
            } else {
                run
            };
            self.push(Run::Own(run));
        }
        self.length += header.len() + payload.len();
        self.push(Run::Shared(header, payload));
    }

    fn push(&mut self, run: Run) {
        self.backlog.get_or_insert_default().runs.push_back(run);
    }

    /// Bytes that were not written yet.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// Fills `slices` with the next bytes; returns how many slices were used.
    pub(super) fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let backlog = self.backlog.iter().flat_map(|backlog| &backlog.runs);
        let parts = backlog.flat_map(Run::parts).chain([&self.run[..]]);
        let mut used = 0;
        let mut skip = self.head;
        for part in parts {
            let Some(slice) = slices.get_mut(used) else {
                break;
            };
            let rest = part.get(skip..).unwrap_or_default();
            skip -= part.len() - rest.len();
            if !rest.is_empty() {
                *slice = IoSlice::new(rest);
                used += 1;
            }
        }
        used
    }

    /// Drops the next `written` bytes.
    pub(super) fn advance(&mut self, written: usize) {
        self.length -= written;
        self.head += written;
        self.advance_backlog();
        if self.length == 0 {
            self.head = 0;
            spare::put(std::mem::take(&mut self.run));
        }
    }

    fn advance_backlog(&mut self) {
        let Some(backlog) = &mut self.backlog else {
            return;
        };
        while let Some(run) = backlog.runs.front() {
            let bytes = run.len();
            if self.head < bytes {
                return;
            }
            self.head -= bytes;
            if let Some(Run::Own(run)) = backlog.runs.pop_front() {
                spare::put(run);
            }
        }
        self.backlog = None;
    }

    /// The rest will wait for long: it must not take more memory than its bytes.
    pub(super) fn settle(&mut self) {
        if self.backlog.is_none() && is_wasteful(&self.run, self.head) {
            self.run = cut(std::mem::take(&mut self.run), self.head);
            self.head = 0;
        }
    }
}

/// Whether a run has more than twice the memory that it needs for what is behind `head`.
fn is_wasteful(run: &Vec<u8>, head: usize) -> bool {
    run.capacity() > 2 * (run.len() - head)
}

/// Moves what is behind `head` to memory of its own size.
fn cut(run: Vec<u8>, head: usize) -> Vec<u8> {
    let rest = run[head..].to_vec();
    spare::put(run);
    rest
}

/// A run that reached this size is not appended to.
const RUN_BYTES: usize = 64 * 1024;

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
            queue.append_shared(b"f".to_vec(), SharedPayload::default().store(b"ghi"));
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
    fn a_drained_queue_has_no_memory() {
        let mut queue = SendQueue::default();
        for length in [10, 1000, 100_000] {
            queue.append_with(0, |run| run.resize(length, 0));
            queue.append_shared(Vec::new(), SharedPayload::default().store(b"shared"));
            queue.append_with(0, |run| run.resize(length, 0));
            queue.advance(2 * length + 6);
            assert_eq!((queue.len(), queue.run.capacity()), (0, 0));
            assert!(queue.backlog.is_none());
        }
    }

    #[test]
    fn the_next_queue_has_the_memory_of_the_last() {
        for length in [100, 10_000] {
            let mut queues = [SendQueue::default(), SendQueue::default()];
            let addresses = queues.each_mut().map(|queue| {
                queue.append_with(length, |run| run.resize(length, 0));
                let address = queue.run.as_ptr();
                queue.advance(length);
                address
            });
            assert_eq!(addresses[0], addresses[1]);
        }
    }

    #[test]
    fn what_stands_before_a_shared_payload_takes_no_more_memory_than_its_bytes() {
        let mut queue = SendQueue::default();
        queue.append_with(0, |run| {
            run.reserve(1000);
            run.extend_from_slice(b"before");
        });
        queue.append_shared(Vec::new(), SharedPayload::default().store(b"payload"));
        let runs = &queue.backlog.expect("there is one").runs;
        assert!(matches!(&runs[0], Run::Own(run) if run.capacity() == 6));
    }

    #[test]
    fn what_waits_takes_no_more_memory_than_its_bytes() {
        let mut queue = SendQueue::default();
        queue.append_with(0, |run| run.resize(60_000, 7));
        queue.advance(59_990);
        queue.settle();
        assert_eq!(queue.run.capacity(), 10);
        assert_eq!(next_bytes(&queue), [7; 10]);
        queue.append_with(0, |run| run.extend_from_slice(b"ab"));
        queue.advance(11);
        assert_eq!(next_bytes(&queue), b"b");
    }
}
