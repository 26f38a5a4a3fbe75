//! One connection to the process under test.

use crate::Result;
use crate::checker::Checker;
use crate::cycle::Cycle;
use crate::poll::Poller;
use crate::stream::Stream;
use std::io::{self, Read, Write};

/// Reads stop here so that one connection cannot keep the others waiting.
const READS_A_TURN: usize = 8;

/// A connection whose opening handshake is over.
pub struct Connection {
    /// What it runs over.
    pub stream: Stream,
    /// Checks what arrives.
    pub checker: Checker,
    /// Number that the poller knows it by.
    pub token: usize,
    /// Bytes that have arrived since the handshake.
    pub received: u64,
    /// Message of the cycle that is sent next.
    next: usize,
    /// Place in the cycle's bytes of what is sent next.
    position: usize,
    /// Bytes from there on that are due.
    due: usize,
    waits_for_space: bool,
    /// What followed the handshake's response in the same read.
    early: Vec<u8>,
}

impl Connection {
    /// Sends and expects a cycle beginning with message `first`.
    pub fn new(
        stream: Stream,
        token: usize,
        cycle: &Cycle,
        first: usize,
        checker: Checker,
        early: Vec<u8>,
    ) -> Self {
        Self {
            stream,
            checker,
            token,
            received: 0,
            next: first,
            position: cycle.start(first),
            due: 0,
            waits_for_space: false,
            early,
        }
    }

    /// Makes the next message due.
    pub fn schedule(&mut self, cycle: &Cycle) {
        self.due += cycle.messages[self.next].end - cycle.start(self.next);
        self.next = cycle.next(self.next);
    }

    /// Whether a message was sent in part, or is due.
    pub fn is_sending(&self) -> bool {
        self.due > 0 || self.stream.is_blocked()
    }

    /// Writes as much of what is due as the socket takes.
    pub fn flush(&mut self, cycle: &Cycle, poller: &Poller) -> Result<()> {
        self.stream.flush()?;
        while self.due > 0 {
            let end = cycle.wire.len().min(self.position + self.due);
            match self.stream.write(&cycle.wire[self.position..end]) {
                Ok(size) => {
                    self.due -= size;
                    self.position = (self.position + size) % cycle.wire.len();
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => Err(error)?,
            }
        }
        if self.waits_for_space != self.is_sending() {
            self.waits_for_space = self.is_sending();
            poller.modify(&self.stream, self.token, true, self.waits_for_space)?;
        }
        Ok(())
    }

    /// Reads what has arrived and returns how many messages became complete.
    pub fn receive(&mut self, cycle: &Cycle, buffer: &mut [u8]) -> Result<usize> {
        let mut completed = 0;
        if !self.early.is_empty() {
            let mut early = std::mem::take(&mut self.early);
            self.received += early.len() as u64;
            completed += self.checker.receive(&mut early, cycle)?;
        }
        for _ in 0..READS_A_TURN {
            let size = match self.stream.read(buffer) {
                Ok(0) => Err("the process under test ended a connection")?,
                Ok(size) => size,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => Err(error)?,
            };
            self.received += size as u64;
            completed += self.checker.receive(&mut buffer[..size], cycle)?;
            if size < buffer.len() {
                break;
            }
        }
        Ok(completed)
    }
}
