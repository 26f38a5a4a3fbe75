//! Churn: connections that are opened, told to close, and opened again.

use crate::config::Churn;
use crate::meter::Meter;
use crate::poll::Poller;
use crate::stream::connect;
use crate::{Result, frame, handshake, report};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// The masked frame that starts the closing handshake, code 1000.
fn close_frame() -> Vec<u8> {
    let mut out = Vec::new();
    frame::append(
        &mut out,
        frame::CLOSE,
        false,
        Some([1, 2, 3, 4]),
        &1000u16.to_be_bytes(),
    );
    out
}

/// A connection from its first to its last byte.
struct Slot {
    socket: TcpStream,
    index: usize,
    since: Instant,
    /// What has arrived of the response; nothing once it is complete.
    head: Option<Vec<u8>>,
}

struct Load {
    port: u16,
    poller: Poller,
    slots: Vec<Slot>,
    opened: usize,
    meter: Meter,
    close: Vec<u8>,
}

/// Runs the load and prints the result. A connection counts when the server has ended it.
pub fn run(config: &Churn) -> Result<()> {
    let target = &config.target;
    let port = target.port.ok_or("this load needs a port")?;
    let mut load = Load {
        port,
        poller: Poller::new()?,
        slots: Vec::with_capacity(target.connections),
        opened: 0,
        meter: Meter::new(config.timing, target.pid)?,
        close: close_frame(),
    };
    for token in 0..target.connections {
        let slot = load.open(token)?;
        load.slots.push(slot);
    }
    let mut ready = Vec::new();
    while !load.meter.is_over(Instant::now())? {
        load.poller.wait(Duration::from_millis(10), &mut ready)?;
        for event in &ready {
            load.advance(event.token)?;
        }
    }
    report::result("", load.meter.finish()?);
    Ok(())
}

impl Load {
    fn open(&mut self, token: usize) -> Result<Slot> {
        let index = self.opened;
        self.opened += 1;
        let since = Instant::now();
        let mut socket = connect(index, self.port)?;
        socket.write_all(handshake::request(index, self.port, None).as_bytes())?;
        socket.set_nonblocking(true)?;
        self.poller.add(&socket, token)?;
        Ok(Slot {
            socket,
            index,
            since,
            head: Some(Vec::new()),
        })
    }

    /// Reads one connection; replaces it when it has come to its end.
    fn advance(&mut self, token: usize) -> Result<()> {
        let slot = &mut self.slots[token];
        let mut buffer = [0; 4096];
        loop {
            match slot.socket.read(&mut buffer) {
                Ok(0) if slot.head.is_some() => Err("the server ended a connection unasked")?,
                Ok(0) => break,
                Ok(size) => slot.receive(&buffer[..size], &self.close, &mut self.meter)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => Err(error)?,
            }
        }
        self.meter.count(1, 0);
        self.slots[token] = self.open(token)?;
        Ok(())
    }
}

impl Slot {
    fn receive(&mut self, bytes: &[u8], close: &[u8], meter: &mut Meter) -> Result<()> {
        let Some(mut head) = self.head.take() else {
            return Ok(()); // The reply to the close frame; the end of the stream follows.
        };
        head.extend_from_slice(bytes);
        match handshake::head_end(&head) {
            None => self.head = Some(head),
            Some(end) => {
                handshake::check_response(&head[..end], self.index, None)?;
                meter.record(self.since, Instant::now());
                self.socket.write_all(close)?;
            }
        }
        Ok(())
    }
}
