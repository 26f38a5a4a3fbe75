//! Where the lanes of one environment leave their batches for its JS thread.

#[cfg(all(test, feature = "loom"))]
mod races;
#[cfg(all(test, not(feature = "loom")))]
mod tests;

use std::{collections::VecDeque, task::Waker};

use super::{
    Batch,
    sync::{AtomicU8, AtomicUsize, Mutex, MutexGuard, Ordering, PoisonError},
};

/// Wakes the JS thread; called from a lane.
pub trait Doorbell: Send + Sync {
    /// Makes the JS thread drain its inbox soon.
    fn ring(&self);
}

/// One slot a lane, and the state of the doorbell.
pub struct Inbox {
    slots: Vec<Slot>,
    doorbell: Box<dyn Doorbell>,
    state: AtomicU8,
}

struct Slot {
    queue: Mutex<Queue>,
    /// Weight of what waits, readable without the lock.
    weight: AtomicUsize,
    /// Wakes the lane if it has stopped reading until JS has caught up.
    waiting: Mutex<Option<Waker>>,
}

/// Batches that wait for JS, oldest first, and emptied ones whose memory can be used again.
#[derive(Default)]
struct Queue {
    full: VecDeque<Batch>,
    empty: Vec<Batch>,
}

impl Inbox {
    /// An inbox for `lanes` lanes.
    pub fn new(lanes: usize, doorbell: Box<dyn Doorbell>) -> Self {
        let slot = || Slot {
            queue: Mutex::default(),
            weight: AtomicUsize::new(0),
            waiting: Mutex::default(),
        };
        Self {
            slots: std::iter::repeat_with(slot).take(lanes).collect(),
            doorbell,
            state: AtomicU8::new(IDLE),
        }
    }

    /// Leaves what `batch` holds for JS, and rings unless JS is awake or was rung already.
    pub fn publish(&self, lane: usize, batch: &mut Batch) {
        let slot = &self.slots[lane];
        {
            let mut queue = lock(&slot.queue);
            let empty = queue.empty.pop().unwrap_or_default();
            let full = std::mem::replace(batch, empty);
            slot.weight.fetch_add(full.weight(), Ordering::AcqRel);
            queue.full.push_back(full);
        }
        if self
            .state
            .compare_exchange(IDLE, RUNG, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
        {
            self.doorbell.ring();
        }
    }

    /// Whether JS is so far behind that `lane` has to stop reading. If so, `waker`, the lane's own,
    /// is woken when JS has taken what waits.
    pub fn congested(&self, lane: usize, waker: &Waker) -> bool {
        let slot = &self.slots[lane];
        if slot.weight.load(Ordering::Acquire) < HIGH_WATER_MARK {
            return false;
        }
        lock(&slot.waiting).get_or_insert_with(|| waker.clone());
        // JS may have taken the batch between the check and the registration.
        slot.weight.load(Ordering::Acquire) >= HIGH_WATER_MARK
    }

    /// Replaces `batch`, which JS has been told, by the next one. When there is none, empties it
    /// and marks JS as idle, so that the next batch rings.
    pub fn take(&self, batch: &mut Batch) -> bool {
        batch.clear();
        self.state.store(DRAINING, Ordering::SeqCst);
        if self.take_any(batch) {
            return true;
        }
        self.state.store(IDLE, Ordering::SeqCst);
        // A lane may have published after the look and before the store, without ringing.
        let found = self.take_any(batch);
        if found {
            self.state.store(DRAINING, Ordering::SeqCst);
        }
        found
    }

    /// Rings for JS itself, which leaves the rest of its inbox for a later turn.
    pub fn postpone(&self) {
        self.state.store(RUNG, Ordering::Release);
        self.doorbell.ring();
    }

    fn take_any(&self, batch: &mut Batch) -> bool {
        self.slots.iter().any(|slot| slot.take(batch))
    }
}

impl Slot {
    fn take(&self, batch: &mut Batch) -> bool {
        {
            let mut queue = lock(&self.queue);
            let Some(next) = queue.full.pop_front() else {
                return false;
            };
            self.weight.fetch_sub(next.weight(), Ordering::AcqRel);
            let told = std::mem::replace(batch, next);
            if queue.empty.len() < SPARE_BATCHES {
                queue.empty.push(told);
            }
        }
        if self.weight.load(Ordering::Acquire) < HIGH_WATER_MARK {
            let waker = lock(&self.waiting).take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
        true
    }
}

/// A panic while the lock was held leaves a batch that is whole: every push is one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Emptied batches that a lane may fill again.
const SPARE_BATCHES: usize = 8;
/// Bytes that may wait for JS before a lane stops reading.
const HIGH_WATER_MARK: usize = 1 << 20;

/// JS sleeps; the next batch has to ring.
const IDLE: u8 = 0;
/// The doorbell was rung and JS has not come yet.
const RUNG: u8 = 1;
/// JS is awake and will look again before it sleeps.
const DRAINING: u8 = 2;
