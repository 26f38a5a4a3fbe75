//! The clock of an open loop.

use std::time::{Duration, Instant};

/// Says when messages are due: at a fixed rate, whatever happened to the earlier ones.
pub struct Pacer {
    start: Instant,
    interval: Duration,
    due: u32,
}

impl Pacer {
    /// `rate` messages a second from now on.
    pub fn new(rate: f64) -> Self {
        Self {
            start: Instant::now(),
            interval: Duration::from_secs_f64(1.0 / rate),
            due: 0,
        }
    }

    /// The moment the next message was due, if that has passed.
    pub fn next_due(&mut self, now: Instant) -> Option<Instant> {
        let at = self.start + self.interval * self.due;
        if at > now {
            return None;
        }
        self.due += 1;
        Some(at)
    }
}
