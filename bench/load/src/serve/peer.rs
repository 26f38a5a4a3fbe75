//! One connection of the limit server.

use super::turn_around;
use crate::config::Handler;
use crate::frame::Header;
use crate::handshake;
use crate::poll::Poller;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

const BUFFER: usize = 256 * 1024;

/// The close frame without a code; the end of the connection follows it.
const CLOSE: [u8; 2] = [0x88, 0];

/// What all connections use in turn.
pub struct Shared {
    /// Bytes are read into this, unless a message has begun to arrive.
    buffer: Vec<u8>,
    /// Frames for everybody.
    pub broadcast: Vec<u8>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            buffer: vec![0; BUFFER],
            broadcast: Vec::new(),
        }
    }
}

/// A connected client.
pub struct Peer {
    socket: TcpStream,
    token: usize,
    is_open: bool,
    /// The beginning of what has not arrived in full.
    partial: Vec<u8>,
    /// What the socket did not take.
    unsent: Vec<u8>,
}

impl Peer {
    /// Of a socket that the poller knows as `token`.
    pub fn new(socket: TcpStream, token: usize) -> Self {
        Self {
            socket,
            token,
            is_open: false,
            partial: Vec::new(),
            unsent: Vec::new(),
        }
    }

    /// Whether the opening handshake is over.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Reads once and handles what has arrived. Returns whether the connection goes on.
    pub fn receive(&mut self, handler: Handler, shared: &mut Shared, poller: &Poller) -> bool {
        if !self.partial.is_empty() {
            return self.receive_rest(handler, shared, poller);
        }
        let mut buffer = std::mem::take(&mut shared.buffer);
        let goes_on = match self.socket.read(&mut buffer) {
            Ok(0) => false,
            Ok(size) => {
                let used = self.handle(&mut buffer[..size], handler, shared, poller);
                if let Some(used) = used {
                    self.partial.extend_from_slice(&buffer[used..size]);
                }
                used.is_some()
            }
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        };
        shared.buffer = buffer;
        goes_on
    }

    /// The same while a message has arrived in part: the rest is read right behind it.
    fn receive_rest(&mut self, handler: Handler, shared: &mut Shared, poller: &Poller) -> bool {
        let mut partial = std::mem::take(&mut self.partial);
        let have = partial.len();
        let whole =
            Header::decode(&partial).map_or(0, |(header, start)| start + header.length as usize);
        partial.resize(whole.max(have + 4096), 0);
        let size = match self.socket.read(&mut partial[have..]) {
            Ok(0) => return false,
            Ok(size) => size,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(_) => return false,
        };
        partial.truncate(have + size);
        let Some(used) = self.handle(&mut partial, handler, shared, poller) else {
            return false;
        };
        partial.drain(..used);
        self.partial = partial;
        true
    }

    /// Handles what is complete; returns how many bytes that was, or nothing at the end.
    fn handle(
        &mut self,
        bytes: &mut [u8],
        handler: Handler,
        shared: &mut Shared,
        poller: &Poller,
    ) -> Option<usize> {
        if !self.is_open {
            let Some(end) = handshake::head_end(bytes) else {
                return Some(0);
            };
            let (response, _) = handshake::respond(&bytes[..end]).ok()?;
            self.is_open = true;
            return self.send(response.as_bytes(), poller).then_some(end);
        }
        let (out, used, closing) = turn_around(bytes);
        let mut goes_on = true;
        match handler {
            Handler::Echo => goes_on = self.send(&bytes[out], poller),
            Handler::Broadcast => shared.broadcast.extend_from_slice(&bytes[out]),
        }
        if closing {
            self.send(&CLOSE, poller);
        }
        (goes_on && !closing).then_some(used)
    }

    /// Writes `bytes` behind what waits already. Returns whether the connection goes on.
    pub fn send(&mut self, mut bytes: &[u8], poller: &Poller) -> bool {
        let waited = !self.unsent.is_empty();
        if waited {
            self.unsent.extend_from_slice(bytes);
            match self.socket.write(&self.unsent) {
                Ok(size) => drop(self.unsent.drain(..size)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return false,
            }
        } else {
            while !bytes.is_empty() {
                match self.socket.write(bytes) {
                    Ok(size) => bytes = &bytes[size..],
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(_) => return false,
                }
            }
            self.unsent.extend_from_slice(bytes);
        }
        let waits = !self.unsent.is_empty();
        waits == waited || poller.modify(&self.socket, self.token, true, waits).is_ok()
    }
}
