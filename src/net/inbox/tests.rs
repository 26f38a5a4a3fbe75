use std::{sync::Arc, task::Wake};

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
    batch
        .records_mut()
        .push_copy(value, Kind::Binary, 0, &vec![0; bytes]);
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
    for batch in 1..4 {
        publish(&inbox, 0, batch, HIGH_WATER_MARK);
    }
    // However often a lane asks, it is woken once.
    for _ in 0..5 {
        assert!(inbox.congested(0, &waker));
        assert!(!inbox.congested(1, &waker));
    }
    let mut batch = Batch::default();
    for (expected, wakes) in [(1, 0), (2, 0), (3, 1)] {
        assert_eq!(take(&inbox, &mut batch), Some(expected));
        assert_eq!(woken.get(), wakes);
    }
    assert!(!inbox.congested(0, &waker));
    assert_eq!(take(&inbox, &mut batch), None);
    // The next time, it is woken again.
    publish(&inbox, 0, 4, HIGH_WATER_MARK);
    assert!(inbox.congested(0, &waker));
    assert_eq!(take(&inbox, &mut batch), Some(4));
    assert_eq!(woken.get(), 2);
}
