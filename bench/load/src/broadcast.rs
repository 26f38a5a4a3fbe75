//! Broadcast: one connection publishes, and every connection receives.

use crate::Result;
use crate::config::Broadcast;
use crate::connection::Connection;
use crate::cycle::Cycle;
use crate::establish::{attach, establish};
use crate::meter::Meter;
use crate::pacer::Pacer;
use crate::poll::Poller;
use crate::report;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

const DRAIN: Duration = Duration::from_secs(10);

const BUFFER: usize = 256 * 1024;

/// The connection that publishes.
const PUBLISHER: usize = 0;

/// A published message that has not reached everybody.
struct Published {
    at: Instant,
    missing: usize,
}

struct Load {
    cycle: Cycle,
    poller: Poller,
    connections: Vec<Connection>,
    /// How many connections read; they are the first ones.
    readers: usize,
    /// Messages on their way, and the number of the first of them.
    published: VecDeque<Published>,
    first: usize,
    /// For each connection, how many messages it has received.
    received: Vec<usize>,
    meter: Meter,
    buffer: Vec<u8>,
}

/// Runs the load and prints the result.
pub fn run(config: &Broadcast) -> Result<()> {
    let target = &config.target;
    let cycle = Cycle::new(config.payload, None, true)?;
    let established = establish(target)?;
    let (connections, poller) = attach(established.streams, target, &cycle, false, |_| 0)?;
    let readers = connections.len() - config.stalled;
    for stalled in &connections[readers..] {
        poller.modify(&stalled.stream, stalled.token, false, false)?;
    }
    let mut load = Load {
        cycle,
        poller,
        readers,
        published: VecDeque::new(),
        first: 0,
        received: vec![0; connections.len()],
        connections,
        meter: Meter::new(config.timing, established.pid)?,
        buffer: vec![0; BUFFER],
    };
    match config.rate {
        Some(rate) => load.run_paced(Pacer::new(rate))?,
        None => load.run_closed(config.in_flight)?,
    }
    let measured = load.meter.finish()?;
    load.drain()?;
    report::result(&established.extensions, measured);
    Ok(())
}

impl Load {
    fn publish(&mut self, at: Instant) {
        self.published.push_back(Published {
            at,
            missing: self.readers,
        });
        self.connections[PUBLISHER].schedule(&self.cycle);
    }

    fn flush(&mut self, token: usize) -> Result<()> {
        self.connections[token].flush(&self.cycle, &self.poller)
    }

    fn receive(&mut self, token: usize) -> Result<()> {
        let connection = &mut self.connections[token];
        let before = connection.received;
        let completed = connection.receive(&self.cycle, &mut self.buffer)?;
        self.meter.count(completed, connection.received - before);
        for _ in 0..completed {
            let index = self.received[token] - self.first;
            let message = self.published.get_mut(index);
            message
                .ok_or("a message arrived that was never published")?
                .missing -= 1;
            self.received[token] += 1;
        }
        Ok(())
    }

    /// Forgets messages that have reached everybody; returns how many there were.
    fn complete(&mut self) -> usize {
        let before = self.published.len();
        let now = Instant::now();
        while let Some(message) = self.published.front() {
            if message.missing > 0 {
                break;
            }
            self.meter.record(message.at, now);
            self.published.pop_front();
            self.first += 1;
        }
        before - self.published.len()
    }

    /// Waits once, and handles what became ready.
    fn turn(&mut self, timeout: Duration) -> Result<usize> {
        let mut ready = Vec::new();
        self.poller.wait(timeout, &mut ready)?;
        for event in &ready {
            if event.readable && event.token < self.readers {
                self.receive(event.token)?;
            }
            if event.writable {
                self.flush(event.token)?;
            }
        }
        Ok(self.complete())
    }

    fn run_closed(&mut self, in_flight: usize) -> Result<()> {
        let mut missing = in_flight;
        while !self.meter.is_over(Instant::now())? {
            let now = Instant::now();
            (0..missing).for_each(|_| self.publish(now));
            self.flush(PUBLISHER)?;
            missing = self.turn(Duration::from_millis(10))?;
        }
        Ok(())
    }

    fn run_paced(&mut self, mut pacer: Pacer) -> Result<()> {
        while !self.meter.is_over(Instant::now())? {
            while let Some(due) = pacer.next_due(Instant::now()) {
                self.publish(due);
            }
            self.flush(PUBLISHER)?;
            self.turn(Duration::ZERO)?;
        }
        Ok(())
    }

    /// Waits until every message has reached everybody who reads.
    fn drain(&mut self) -> Result<()> {
        let deadline = Instant::now() + DRAIN;
        while !self.published.is_empty() {
            if Instant::now() > deadline {
                Err(format!(
                    "{} messages did not reach everybody",
                    self.published.len()
                ))?;
            }
            self.turn(Duration::from_millis(10))?;
        }
        Ok(())
    }
}
