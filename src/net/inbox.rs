//! Where the lanes of one environment leave their batches for its JS thread.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, AtomicUsize, Ordering},
    },
    task::Waker,
};

use super::{Batch, PayloadPool};

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
    /// Memory of large messages on its way from the lanes to JS and back.
    pub payloads: Arc<PayloadPool>,
}

struct Slot {
    queue: Mutex<Queue>,
    /// Weight of what waits, readable without the lock.
    weight: AtomicUsize,
    /// Connections that stopped reading until JS has caught up.
    waiting: Mutex<Vec<Waker>>,
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
            payloads: Arc::default(),
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

    /// Whether JS is so far behind that `lane` has to stop reading. If so, `waker` is woken when
    /// JS has taken what waits.
    pub fn congested(&self, lane: usize, waker: &Waker) -> bool {
        let slot = &self.slots[lane];
        if slot.weight.load(Ordering::Acquire) < HIGH_WATER_MARK {
            return false;
        }
        lock(&slot.waiting).push(waker.clone());
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
            for waker in lock(&self.waiting).drain(..) {
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

#[cfg(test)]
mod tests {
    use std::task::Wake;

    use super::*;
    use crate::net::Kind;

    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Counter {
        fn get(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    struct Bell(Arc<Counter>);

    impl Doorbell for Bell {
        fn ring(&self) {
            self.0.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn inbox(lanes: usize) -> (Inbox, Arc<Counter>) {
        let rings = Arc::<Counter>::default();
        (Inbox::new(lanes, Box::new(Bell(Arc::clone(&rings)))), rings)
    }

    fn publish(inbox: &Inbox, lane: usize, value: u32, bytes: usize) {
        let mut batch = Batch::default();
        batch.push_payload(value, Kind::Binary, 0, &vec![0; bytes]);
        inbox.publish(lane, &mut batch);
        assert!(batch.is_empty());
    }

    fn take(inbox: &Inbox, batch: &mut Batch) -> Option<u32> {
        inbox.take(batch).then(|| batch.records()[0].connection)
    }

    #[test]
    fn the_bell_rings_once_until_js_has_seen_everything() {
        let (inbox, rings) = inbox(2);
        let mut batch = Batch::default();
        publish(&inbox, 0, 1, 10);
        publish(&inbox, 0, 2, 10);
        publish(&inbox, 1, 3, 10);
        assert_eq!(rings.get(), 1);
        assert_eq!(take(&inbox, &mut batch), Some(1));
        publish(&inbox, 0, 4, 10);
        let rest: Vec<u32> = std::iter::from_fn(|| take(&inbox, &mut batch)).collect();
        assert_eq!(rest, [2, 4, 3]);
        assert_eq!(rings.get(), 1);
        publish(&inbox, 1, 5, 10);
        assert_eq!(rings.get(), 2);
        assert_eq!(take(&inbox, &mut batch), Some(5));
        inbox.postpone();
        publish(&inbox, 1, 6, 10);
        assert_eq!(rings.get(), 3);
    }

    #[test]
    fn a_lane_waits_while_js_is_far_behind() {
        let (inbox, _) = inbox(2);
        let woken = Arc::<Counter>::default();
        let waker = Waker::from(Arc::clone(&woken));
        assert!(!inbox.congested(0, &waker));
        publish(&inbox, 0, 1, HIGH_WATER_MARK);
        publish(&inbox, 0, 2, 10);
        assert!(inbox.congested(0, &waker));
        assert!(!inbox.congested(1, &waker));
        let mut batch = Batch::default();
        assert_eq!(take(&inbox, &mut batch), Some(1));
        assert_eq!(woken.get(), 1);
        assert!(!inbox.congested(0, &waker));
        assert_eq!(take(&inbox, &mut batch), Some(2));
        assert_eq!(take(&inbox, &mut batch), None);
        assert_eq!(woken.get(), 1);
    }
}
