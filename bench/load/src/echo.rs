//! Echo: every message comes back on its own connection.

use crate::Result;
use crate::config::Echo;
use crate::connection::Connection;
use crate::cycle::Cycle;
use crate::establish::{attach, establish};
use crate::meter::Meter;
use crate::pacer::Pacer;
use crate::poll::Poller;
use crate::report;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long replies may take once nothing more is sent.
const DRAIN: Duration = Duration::from_secs(10);

const BUFFER: usize = 256 * 1024;

struct Load {
    cycle: Cycle,
    poller: Poller,
    connections: Vec<Connection>,
    /// For each connection, when the messages on their way were sent or due.
    sent: Vec<VecDeque<Instant>>,
    on_the_way: usize,
    meter: Meter,
    buffer: Vec<u8>,
}

/// Runs the load and prints the result.
pub fn run(config: &Echo) -> Result<()> {
    let target = &config.target;
    let is_client = target.port.is_some();
    let mut cycle = Cycle::new(config.payload, target.deflate, is_client)?;
    if config.raw {
        cycle = cycle.into_raw();
    }
    let established = establish(target)?;
    let (connections, poller) = attach(established.streams, target, &cycle, config.raw, |n| {
        // Compressed messages may refer to the ones before: those circles begin at their start.
        if target.deflate.is_some() {
            0
        } else {
            n % cycle.messages.len()
        }
    })?;
    let mut load = Load {
        cycle,
        poller,
        sent: connections.iter().map(|_| VecDeque::new()).collect(),
        connections,
        on_the_way: 0,
        meter: Meter::new(config.timing, established.pid)?,
        buffer: vec![0; BUFFER],
    };
    match config.rate {
        Some(rate) => load.run_paced(Pacer::new(rate))?,
        None => load.run_closed(config.in_flight)?,
    }
    load.drain_and_report(&established.extensions)
}

impl Load {
    fn send(&mut self, token: usize, since: Instant) {
        self.connections[token].schedule(&self.cycle);
        self.sent[token].push_back(since);
        self.on_the_way += 1;
    }

    fn flush(&mut self, token: usize) -> Result<()> {
        self.connections[token].flush(&self.cycle, &self.poller)
    }

    /// Takes what arrived on a connection: how many messages, and when.
    fn receive(&mut self, token: usize) -> Result<(usize, Instant)> {
        let connection = &mut self.connections[token];
        let before = connection.received;
        let completed = connection.receive(&self.cycle, &mut self.buffer)?;
        let bytes = connection.received - before;
        let now = Instant::now();
        for _ in 0..completed {
            let since = self.sent[token].pop_front();
            self.meter
                .record(since.ok_or("a message came back that was never sent")?, now);
        }
        self.on_the_way -= completed;
        self.meter.count(completed, bytes);
        Ok((completed, now))
    }

    fn run_closed(&mut self, in_flight: usize) -> Result<()> {
        for token in 0..self.connections.len() {
            let now = Instant::now();
            (0..in_flight).for_each(|_| self.send(token, now));
            self.flush(token)?;
        }
        let mut ready = Vec::new();
        while !self.meter.is_over(Instant::now())? {
            self.poller.wait(Duration::from_millis(10), &mut ready)?;
            for event in &ready {
                if event.readable {
                    let (completed, now) = self.receive(event.token)?;
                    (0..completed).for_each(|_| self.send(event.token, now));
                }
                self.flush(event.token)?;
            }
        }
        Ok(())
    }

    /// Never sleeps: a late send would be measured as latency of the process under test.
    fn run_paced(&mut self, mut pacer: Pacer) -> Result<()> {
        let mut ready = Vec::new();
        let mut token = 0;
        while !self.meter.is_over(Instant::now())? {
            while let Some(due) = pacer.next_due(Instant::now()) {
                self.send(token, due);
                self.flush(token)?;
                token = (token + 1) % self.connections.len();
            }
            self.poller.wait(Duration::ZERO, &mut ready)?;
            for event in &ready {
                if event.readable {
                    self.receive(event.token)?;
                }
                if event.writable {
                    self.flush(event.token)?;
                }
            }
        }
        Ok(())
    }

    /// Closes the measurement, then waits until every message has come back.
    fn drain_and_report(mut self, extensions: &str) -> Result<()> {
        let measured = self.meter.finish()?;
        let deadline = Instant::now() + DRAIN;
        let mut ready = Vec::new();
        while self.on_the_way > 0 {
            if Instant::now() > deadline {
                Err(format!("{} messages never came back", self.on_the_way))?;
            }
            self.poller.wait(Duration::from_millis(10), &mut ready)?;
            for event in &ready {
                self.receive(event.token)?;
                self.flush(event.token)?;
            }
        }
        report::result(extensions, measured);
        Ok(())
    }
}
