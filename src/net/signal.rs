//! What threads sleep on in the tests that go through every order in which they can come.

use std::{
    sync::{Arc, PoisonError},
    task::Wake,
};

use loom::sync::{Condvar, Mutex};

/// A bell that JS waits for: what was given before the wait counts, once.
#[derive(Default)]
pub(super) struct Signal {
    given: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    pub(super) fn give(&self) {
        *self.given.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_one();
    }

    /// A signal that never comes is a deadlock, which the model reports.
    pub(super) fn wait(&self) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        while !*given {
            given = self
                .changed
                .wait(given)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *given = false;
    }
}

/// The waker of a task, and what stands for its executor: a task that is woken while it runs is
/// run once more.
#[derive(Default)]
pub(super) struct Alarm(Signal);

impl Alarm {
    /// Waits until the task is to run.
    pub(super) fn wait(&self) {
        self.0.wait();
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.0.give();
    }
}
