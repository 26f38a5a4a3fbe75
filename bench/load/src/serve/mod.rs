//! The limit of the machine: a WebSocket server that does what the protocol demands and nothing
//! else. It hands on whole messages and trusts its peers: no limits, no control frames, no UTF-8.

mod peer;

use crate::Result;
use crate::config::{Handler, Serve};
use crate::frame::{self, Header};
use crate::poll::{Poller, Ready};
use crate::report;
use peer::{Peer, Shared};
use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

/// Token of the listening socket; peers have the numbers above.
const LISTENER: usize = 0;

struct Server {
    listener: TcpListener,
    poller: Poller,
    handler: Handler,
    peers: HashMap<usize, Peer>,
    next: usize,
    shared: Shared,
}

/// Serves until the process is told to end.
pub fn run(config: &Serve) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    // The standard library asks for a backlog of 128.
    rustix::net::listen(&listener, 4096)?;
    let poller = Poller::new()?;
    poller.add(&listener, LISTENER)?;
    report::listening(listener.local_addr()?.port());
    let mut server = Server {
        listener,
        poller,
        handler: config.handler,
        peers: HashMap::new(),
        next: LISTENER + 1,
        shared: Shared::default(),
    };
    let mut ready = Vec::new();
    loop {
        server.poller.wait(Duration::from_secs(3600), &mut ready)?;
        for event in &ready {
            match event.token {
                LISTENER => server.accept()?,
                _ => server.attend(event)?,
            }
        }
        server.send_broadcasts()?;
    }
}

impl Server {
    fn accept(&mut self) -> Result<()> {
        loop {
            match self.listener.accept() {
                Ok((socket, _)) => {
                    socket.set_nodelay(true)?;
                    socket.set_nonblocking(true)?;
                    self.poller.add(&socket, self.next)?;
                    self.peers.insert(self.next, Peer::new(socket, self.next));
                    self.next += 1;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => Err(error)?,
            }
        }
    }

    fn attend(&mut self, event: &Ready) -> Result<()> {
        let Some(peer) = self.peers.get_mut(&event.token) else {
            return Ok(());
        };
        let mut is_open = true;
        if event.readable {
            is_open = peer.receive(self.handler, &mut self.shared, &self.poller);
        }
        if is_open && event.writable {
            is_open = peer.send(&[], &self.poller);
        }
        if !is_open {
            self.peers.remove(&event.token);
        }
        Ok(())
    }

    /// Sends what this turn's messages amount to: one write a peer.
    fn send_broadcasts(&mut self) -> Result<()> {
        if !self.shared.broadcast.is_empty() {
            let frames = std::mem::take(&mut self.shared.broadcast);
            self.peers
                .retain(|_, peer| !peer.is_open() || peer.send(&frames, &self.poller));
            self.shared.broadcast = frames;
            self.shared.broadcast.clear();
        }
        Ok(())
    }
}

/// A complete masked frame at the start of `bytes`: its header and where its payload lies.
fn complete_frame(bytes: &[u8]) -> Option<(Header, std::ops::Range<usize>)> {
    let (header, start) = Header::decode(bytes)?;
    let end = start + header.length as usize;
    (end <= bytes.len()).then_some((header, start..end))
}

/// Turns the masked frames at the start of `bytes` into unmasked ones, in place: headers shrink by
/// the masking key, so the result lies inside what it replaces. Returns where the result is, and
/// how many bytes were used up. Stops at a close frame, and says so.
fn turn_around(bytes: &mut [u8]) -> (std::ops::Range<usize>, usize, bool) {
    let mut used = 0;
    let mut out = 0..0;
    while let Some((header, payload)) = complete_frame(&bytes[used..]) {
        let (start, end) = (used + payload.start, used + payload.end);
        used = end;
        if header.opcode == frame::CLOSE {
            return (out, used, true);
        }
        if header.is_control() {
            continue;
        }
        frame::apply_mask(&mut bytes[start..end], header.mask.unwrap_or_default(), 0);
        let mut head = [0; frame::HEADER_MAX];
        let size = Header {
            mask: None,
            ..header
        }
        .encode(&mut head);
        if out.is_empty() {
            out = start - size..start - size;
        }
        bytes[out.end..out.end + size].copy_from_slice(&head[..size]);
        if out.end + size != start {
            bytes.copy_within(start..end, out.end + size);
        }
        out.end += size + (end - start);
    }
    (out, used, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_frames_around_in_place() {
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        for payload in [vec![1; 5], Vec::new(), vec![2; 300], vec![3; 70_000]] {
            frame::append(
                &mut bytes,
                frame::BINARY,
                false,
                Some([9, 8, 7, 6]),
                &payload,
            );
            frame::append(&mut expected, frame::BINARY, false, None, &payload);
        }
        let complete = bytes.len();
        bytes.extend_from_slice(&[0x82, 0xff, 0]);
        let (out, used, closing) = turn_around(&mut bytes);
        assert_eq!(&bytes[out], expected);
        assert_eq!((used, closing), (complete, false));
    }
}
