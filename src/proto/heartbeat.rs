//! Signs of life: when to ask for one, and when to give the peer up.

use std::time::{Duration, Instant};

/// Times of a heartbeat.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HeartbeatConfig {
    /// Silence before the peer is asked.
    pub interval: Duration,
    /// Time to answer; any byte is an answer.
    pub timeout: Duration,
}

/// What to do now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HeartbeatAction {
    /// Nothing before [`Heartbeat::poll_timeout`].
    Wait,
    /// Send a ping.
    SendPing,
    /// End the connection: the peer did not answer.
    Dead,
}

/// The heartbeat of one connection.
#[derive(Clone, Copy, Debug)]
pub struct Heartbeat {
    config: HeartbeatConfig,
    last_received: Instant,
    ping_sent: Option<Instant>,
}

impl Heartbeat {
    /// A heartbeat whose peer has just shown life.
    pub fn new(config: HeartbeatConfig, now: Instant) -> Self {
        Self {
            config,
            last_received: now,
            ping_sent: None,
        }
    }

    /// The peer sent something.
    pub fn handle_activity(&mut self, now: Instant) {
        self.last_received = now;
        self.ping_sent = None;
    }

    /// When to call [`Heartbeat::handle_timeout`] next.
    pub fn poll_timeout(&self) -> Instant {
        match self.ping_sent {
            Some(sent) => sent + self.config.timeout,
            None => self.last_received + self.config.interval,
        }
    }

    /// Decides what to do at this time; called early, it decides to wait.
    pub fn handle_timeout(&mut self, now: Instant) -> HeartbeatAction {
        if now < self.poll_timeout() {
            return HeartbeatAction::Wait;
        }
        match self.ping_sent {
            Some(_) => HeartbeatAction::Dead,
            None => {
                self.ping_sent = Some(now);
                HeartbeatAction::SendPing
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: HeartbeatConfig = HeartbeatConfig {
        interval: Duration::from_secs(30),
        timeout: Duration::from_secs(10),
    };

    #[test]
    fn a_silent_peer_is_asked_once_and_then_dead() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut heartbeat = Heartbeat::new(CONFIG, start);
        assert_eq!(heartbeat.poll_timeout(), at(30));
        assert_eq!(heartbeat.handle_timeout(at(29)), HeartbeatAction::Wait);
        assert_eq!(heartbeat.handle_timeout(at(30)), HeartbeatAction::SendPing);
        assert_eq!(heartbeat.poll_timeout(), at(40));
        assert_eq!(heartbeat.handle_timeout(at(39)), HeartbeatAction::Wait);
        assert_eq!(heartbeat.handle_timeout(at(40)), HeartbeatAction::Dead);
    }

    #[test]
    fn any_byte_counts_as_life() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut heartbeat = Heartbeat::new(CONFIG, start);
        heartbeat.handle_activity(at(20));
        assert_eq!(heartbeat.handle_timeout(at(30)), HeartbeatAction::Wait);
        assert_eq!(heartbeat.handle_timeout(at(50)), HeartbeatAction::SendPing);
        heartbeat.handle_activity(at(59));
        assert_eq!(heartbeat.handle_timeout(at(60)), HeartbeatAction::Wait);
        assert_eq!(heartbeat.poll_timeout(), at(89));
    }
}
