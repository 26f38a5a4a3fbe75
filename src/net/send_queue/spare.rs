//! Runs that nobody needs now, by thread.

use std::cell::RefCell;

use super::super::PAYLOADS;

/// The thread's spare runs. Fresh memory costs a page fault every 4 KiB, and used memory is warm.
struct Spare {
    /// Of at most `SMALL_BYTES` each.
    small: Vec<Vec<u8>>,
    large: Vec<Vec<u8>>,
    large_bytes: usize,
}

thread_local! {
    static SPARE: RefCell<Spare> = const {
        RefCell::new(Spare { small: Vec::new(), large: Vec::new(), large_bytes: 0 })
    };
}

impl Spare {
    fn take(&mut self, bytes: usize) -> Option<Vec<u8>> {
        if bytes <= SMALL_BYTES {
            return self.small.pop();
        }
        let run = self.large.pop()?;
        self.large_bytes -= run.capacity();
        Some(run)
    }

    fn put(&mut self, mut run: Vec<u8>) {
        run.clear();
        if run.capacity() <= SMALL_BYTES {
            if self.small.len() < MAX_SMALL {
                self.small.push(run);
            }
        } else if self.large_bytes + run.capacity() <= MAX_LARGE_BYTES {
            self.large_bytes += run.capacity();
            self.large.push(run);
        }
    }
}

/// Moves a run that is to have `bytes` bytes, and has no room for them, to a spare one if there is
/// one of that kind.
pub(super) fn exchange(run: &mut Vec<u8>, bytes: usize) {
    if run.capacity() > 0 && bytes <= SMALL_BYTES {
        return;
    }
    if bytes > MAX_RUN_BYTES {
        PAYLOADS.exchange(run, bytes);
        return;
    }
    let spare = SPARE.try_with(|spare| spare.borrow_mut().take(bytes));
    if let Ok(Some(mut spare)) = spare {
        spare.extend_from_slice(run);
        put(std::mem::replace(run, spare));
    }
}

/// Takes a run back.
pub(super) fn put(run: Vec<u8>) {
    if run.capacity() > MAX_RUN_BYTES {
        PAYLOADS.put(run);
    } else if run.capacity() > 0 {
        // The thread may be ending; then nobody needs the run any more.
        let _ = SPARE.try_with(|spare| spare.borrow_mut().put(run));
    }
}

/// Runs of this size and less are kept apart: they are needed most often.
pub(super) const SMALL_BYTES: usize = 1024;
/// Small runs that are kept: as many as connections are sent to in one tick, if that are not more.
const MAX_SMALL: usize = 1024;
/// Longer runs come from the pool of large messages.
const MAX_RUN_BYTES: usize = 128 * 1024;
/// Memory of larger runs that is kept.
const MAX_LARGE_BYTES: usize = 8 << 20;
