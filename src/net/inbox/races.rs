//! The inbox under every order in which lanes and the JS thread can come.
//!
//! Found of the faults that were planted: no second look before JS sleeps, one that is forgotten,
//! or one before JS is idle; no ring, one before the push, or none of what is postponed; a lane
//! that does not look again when it has registered, registers behind that, or is not woken; slots
//! that nobody looks at. Not found, since they do no harm: weaker orderings (the queue's lock orders
//! what matters), and a lane that is woken too early (the last look of JS, which finds nothing,
//! wakes it once more).

use std::sync::Arc;

use loom::{model, thread};

use super::*;
use crate::net::{
    Kind,
    signal::{Alarm, Signal},
};

struct Bell(Arc<Signal>);

impl Doorbell for Bell {
    fn ring(&self) {
        self.0.give();
    }
}

fn inbox(lanes: usize) -> (Arc<Inbox>, Arc<Signal>) {
    let bell = Arc::<Signal>::default();
    let doorbell = Box::new(Bell(Arc::clone(&bell)));
    (Arc::new(Inbox::new(lanes, doorbell)), bell)
}

fn publish(inbox: &Inbox, lane: usize, bytes: usize) {
    let mut batch = Batch::default();
    batch
        .records_mut()
        .push_owned(lane as u32, Kind::Binary, vec![0; bytes]);
    inbox.publish(lane, &mut batch);
}

/// What JS does, until it has got so many batches.
fn drain(inbox: &Inbox, bell: &Signal, expected: usize) {
    let (mut batch, mut taken) = (Batch::default(), 0);
    while taken < expected {
        bell.wait();
        while inbox.take(&mut batch) {
            taken += 1;
        }
    }
    assert_eq!(taken, expected);
}

#[test]
fn no_batch_is_left_behind() {
    model(|| {
        let (inbox, bell) = inbox(1);
        let lane = thread::spawn({
            let inbox = Arc::clone(&inbox);
            move || (0..2).for_each(|_| publish(&inbox, 0, 1))
        });
        drain(&inbox, &bell, 2);
        assert!(lane.join().is_ok());
    });
}

/// With three threads there are too many orders: those in which a thread is interrupted at most
/// three times are gone through.
#[test]
fn lanes_do_not_hide_one_another() {
    let mut builder = model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let (inbox, bell) = inbox(2);
        let lanes = [0, 1].map(|lane| {
            let inbox = Arc::clone(&inbox);
            thread::spawn(move || publish(&inbox, lane, 1))
        });
        drain(&inbox, &bell, 2);
        assert!(lanes.into_iter().all(|lane| lane.join().is_ok()));
    });
}

#[test]
fn what_js_postpones_is_not_forgotten() {
    model(|| {
        let (inbox, bell) = inbox(1);
        let lane = thread::spawn({
            let inbox = Arc::clone(&inbox);
            move || (0..2).for_each(|_| publish(&inbox, 0, 1))
        });
        let mut batch = Batch::default();
        bell.wait();
        assert!(inbox.take(&mut batch));
        inbox.postpone();
        drain(&inbox, &bell, 1);
        assert!(lane.join().is_ok());
    });
}

#[test]
fn a_connection_that_waits_for_js_is_woken() {
    model(|| {
        let (inbox, bell) = inbox(1);
        let lane = thread::spawn({
            let inbox = Arc::clone(&inbox);
            move || {
                publish(&inbox, 0, HIGH_WATER_MARK);
                let alarm = Arc::<Alarm>::default();
                let waker = Arc::clone(&alarm).into();
                while inbox.congested(0, &waker) {
                    alarm.wait();
                }
            }
        });
        drain(&inbox, &bell, 1);
        assert!(lane.join().is_ok());
    });
}
