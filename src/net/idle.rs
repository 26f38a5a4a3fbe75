//! When a compressed connection gives its memory back.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep};

/// What a connection should do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Rest {
    /// Let go of what it can do without.
    Hibernate,
    /// Have what it and its neighbours let go returned to the system.
    Trim,
}

/// Notices that nothing happens on a connection. There is one timer a connection, which is not
/// touched by traffic: it only looks whether there was any.
#[derive(Debug)]
pub(super) struct Idle {
    timer: Pin<Box<Sleep>>,
    active: bool,
    state: State,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Awake,
    Hibernating,
    Resting,
}

impl Idle {
    /// A connection that has just begun. Has to be called on a lane's thread.
    pub(super) fn new() -> Self {
        Self {
            timer: Box::pin(sleep(PERIOD)),
            active: false,
            state: State::Awake,
        }
    }

    /// There was traffic.
    pub(super) fn note_activity(&mut self) {
        self.active = true;
        if self.state != State::Awake {
            self.state = State::Awake;
            self.timer.as_mut().reset(Instant::now() + PERIOD);
        }
    }

    /// What to do now, if anything.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Option<Rest> {
        while self.state != State::Resting {
            let Poll::Ready(()) = self.timer.as_mut().poll(context) else {
                return None;
            };
            let now = Instant::now();
            match self.state {
                State::Awake if std::mem::take(&mut self.active) => {
                    self.timer.as_mut().reset(now + PERIOD);
                }
                State::Awake => {
                    self.state = State::Hibernating;
                    self.timer.as_mut().reset(now + TRIM_DELAY);
                    return Some(Rest::Hibernate);
                }
                State::Hibernating | State::Resting => {
                    self.state = State::Resting;
                    return Some(Rest::Trim);
                }
            }
        }
        None
    }
}

/// A connection hibernates after one to two such periods without traffic.
const PERIOD: Duration = Duration::from_secs(10);
/// Connections that went silent together are trimmed together.
const TRIM_DELAY: Duration = Duration::from_secs(2);
