//! What has become of the bytes that were sent, as a user of Node's streams would see it.
//!
//! A stream hands the kernel one write at a time. What is sent while one is stuck is collected and
//! becomes the next write as a whole; a write counts as outstanding until its last byte was taken.
//! `bufferedAmount` and the callbacks of sends follow from that.

use std::{cell::RefCell, collections::VecDeque};

/// What to do when a frame was written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Receipt {
    /// Tell JS, which has a callback waiting.
    Callback,
    /// Count one automatic pong less.
    Pong,
}

/// Ends of frames.
type Frames = VecDeque<(u64, Option<Receipt>)>;

/// Positions in the stream of outgoing bytes. Always `completed <= written <= appended`.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    appended: u64,
    written: u64,
    /// Everything before belongs to writes that are complete.
    completed: u64,
    /// End of the write that is stuck; `completed` if none is.
    stuck_end: u64,
    /// The frames behind `completed`.
    frames: Frames,
    pending_pongs: u32,
}

impl Ledger {
    /// A frame of `length` bytes was appended.
    pub(super) fn append(&mut self, length: usize, receipt: Option<Receipt>) {
        self.appended += length as u64;
        if self.frames.capacity() == 0 {
            self.frames = take_spare();
        }
        self.frames.push_back((self.appended, receipt));
    }

    /// An automatic pong was sent, or waits to be appended.
    pub(super) fn count_pong(&mut self) {
        self.pending_pongs += 1;
    }

    pub(super) fn pending_pongs(&self) -> u32 {
        self.pending_pongs
    }

    /// The kernel took `count` bytes.
    pub(super) fn write(&mut self, count: usize) {
        self.written += count as u64;
    }

    /// The kernel took everything.
    pub(super) fn drain(&mut self) {
        self.completed = self.appended;
        self.stuck_end = self.appended;
    }

    /// The kernel takes no more for now.
    pub(super) fn block(&mut self) {
        if self.stuck_end == self.completed {
            // Up to here every frame was a write of its own; the one that is cut in two is stuck.
            for &(end, _) in &self.frames {
                self.stuck_end = end;
                if end > self.written {
                    break;
                }
                self.completed = end;
            }
        } else if self.written >= self.stuck_end {
            self.completed = self.stuck_end;
            self.stuck_end = self.appended;
        }
    }

    /// Bytes of writes that are not complete.
    pub(super) fn outstanding(&self) -> u64 {
        self.appended - self.completed
    }

    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Forgets the frames of complete writes; returns how many of them JS waits for.
    pub(super) fn take_receipts(&mut self) -> u32 {
        self.take_until(self.completed)
    }

    /// The connection ends: returns how many frames that JS waits for are done, are stuck half-way,
    /// and are lost behind such.
    pub(super) fn close(&mut self) -> [u32; 3] {
        [self.completed, self.stuck_end, self.appended].map(|position| self.take_until(position))
    }

    fn take_until(&mut self, position: u64) -> u32 {
        let mut callbacks = 0;
        while let Some(&(end, receipt)) = self.frames.front() {
            if end > position {
                break;
            }
            self.frames.pop_front();
            match receipt {
                Some(Receipt::Callback) => callbacks += 1,
                Some(Receipt::Pong) => self.pending_pongs -= 1,
                None => {}
            }
        }
        if self.frames.is_empty() {
            put_spare(std::mem::take(&mut self.frames));
        }
        callbacks
    }
}

thread_local! {
    /// What connections need only between an append and a write.
    static SPARE: RefCell<Vec<Frames>> = const { RefCell::new(Vec::new()) };
}

fn take_spare() -> Frames {
    let spare = SPARE.try_with(|spare| spare.borrow_mut().pop());
    spare.ok().flatten().unwrap_or_default()
}

fn put_spare(frames: Frames) {
    if (1..=SPARE_FRAMES).contains(&frames.capacity()) {
        // The thread may be ending; then nobody needs it any more.
        let _ = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() < MAX_SPARE {
                spare.push(frames);
            }
        });
    }
}

/// Room that is kept of one connection, in frames.
const SPARE_FRAMES: usize = 64;
/// Connections whose room is kept: as many as are sent to in one tick, if that are not more.
const MAX_SPARE: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_takes_at_once_is_complete() {
        let mut ledger = Ledger::default();
        ledger.append(10, Some(Receipt::Callback));
        ledger.append(5, None);
        ledger.write(15);
        ledger.drain();
        assert_eq!(ledger.outstanding(), 0);
        assert_eq!(ledger.take_receipts(), 1);
    }

    #[test]
    fn a_frame_that_is_cut_in_two_is_outstanding_as_a_whole() {
        let mut ledger = Ledger::default();
        for _ in 0..3 {
            ledger.append(10, Some(Receipt::Callback));
        }
        ledger.write(15);
        ledger.block();
        assert_eq!(ledger.take_receipts(), 1);
        assert_eq!(ledger.outstanding(), 20);
        assert_eq!(ledger.close(), [0, 1, 1]);
    }

    #[test]
    fn what_was_collected_behind_a_stuck_write_is_one_write() {
        let mut ledger = Ledger::default();
        ledger.append(10, None);
        ledger.write(1);
        ledger.block();
        ledger.append(10, Some(Receipt::Callback));
        ledger.append(10, Some(Receipt::Callback));
        ledger.write(20);
        ledger.block();
        assert_eq!(ledger.outstanding(), 20);
        assert_eq!(ledger.take_receipts(), 0);
        ledger.write(9);
        ledger.drain();
        assert_eq!(ledger.take_receipts(), 2);
        assert_eq!(ledger.outstanding(), 0);
    }
}
