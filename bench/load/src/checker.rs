//! Checks every byte that comes back.

use crate::Result;
use crate::cycle::{Cycle, Message};
use crate::deflate::Inflater;
use crate::frame::{self, HEADER_MAX, Header};

/// Reads the frames that arrive on one connection and compares them with the messages that must
/// arrive: in order, none missing, none twice, no byte different.
pub struct Checker {
    /// Start of a header that was split between two reads.
    partial: Vec<u8>,
    /// Frame whose payload is arriving, and how much of it has arrived.
    open: Option<(Header, u64)>,
    /// Message of the cycle that is expected next, or is arriving.
    message: usize,
    /// Bytes of it that have arrived in earlier frames or reads.
    offset: usize,
    /// Whether the message that is arriving is compressed; nothing between messages.
    compressed: Option<bool>,
    deflated: Vec<u8>,
    inflater: Option<Inflater>,
    raw: bool,
}

impl Checker {
    /// Expects the messages of a cycle beginning with `first`. `inflater` is needed where messages
    /// may arrive compressed. `raw` compares payloads as they are on the wire.
    pub fn new(first: usize, inflater: Option<Inflater>, raw: bool) -> Self {
        Self {
            partial: Vec::new(),
            open: None,
            message: first,
            offset: 0,
            compressed: None,
            deflated: Vec::new(),
            inflater,
            raw,
        }
    }

    /// Takes what was read and returns how many messages became complete.
    pub fn receive(&mut self, mut bytes: &mut [u8], cycle: &Cycle) -> Result<usize> {
        let mut completed = 0;
        while !bytes.is_empty() {
            let Some((header, received)) = self.open.take() else {
                bytes = self.receive_header(bytes)?;
                completed += self.end_empty_frame(cycle)?;
                continue;
            };
            let size = bytes.len().min((header.length - received) as usize);
            let (payload, rest) = bytes.split_at_mut(size);
            bytes = rest;
            if !header.is_control() {
                self.receive_payload(&header, received as usize, payload, cycle)?;
            }
            let received = received + size as u64;
            if received == header.length {
                completed += self.end_frame(&header, cycle)?;
            } else {
                self.open = Some((header, received));
            }
        }
        Ok(completed)
    }

    /// Takes a header, or the beginning of one, off the front of `bytes`.
    fn receive_header<'a>(&mut self, bytes: &'a mut [u8]) -> Result<&'a mut [u8]> {
        let earlier = self.partial.len();
        let found = if earlier == 0 {
            Header::decode(bytes)
        } else {
            let more = bytes.len().min(HEADER_MAX - earlier);
            self.partial.extend_from_slice(&bytes[..more]);
            Header::decode(&self.partial)
        };
        let Some((header, size)) = found else {
            if earlier == 0 {
                self.partial.extend_from_slice(bytes);
            }
            return Ok(&mut []);
        };
        self.partial.clear();
        self.begin_frame(&header)?;
        self.open = Some((header, 0));
        Ok(&mut bytes[size - earlier..])
    }

    fn begin_frame(&mut self, header: &Header) -> Result<()> {
        match header.opcode {
            frame::CLOSE => Err("the process under test closed a connection")?,
            opcode if opcode > frame::CLOSE => {}
            0 if self.compressed.is_none() => Err("a continuation of nothing")?,
            0 => {}
            _ if self.compressed.is_some() => Err("a message inside a message")?,
            _ => self.compressed = Some(header.rsv1),
        }
        Ok(())
    }

    fn end_empty_frame(&mut self, cycle: &Cycle) -> Result<usize> {
        match self.open {
            Some((header, _)) if header.length == 0 => {
                self.open = None;
                self.end_frame(&header, cycle)
            }
            _ => Ok(0),
        }
    }

    fn receive_payload(
        &mut self,
        header: &Header,
        received: usize,
        payload: &mut [u8],
        cycle: &Cycle,
    ) -> Result<()> {
        if let (Some(mask), false) = (header.mask, self.raw) {
            frame::apply_mask(payload, mask, received);
        }
        if self.compressed == Some(true) {
            self.deflated.extend_from_slice(payload);
            return Ok(());
        }
        let expected = &cycle.messages[self.message];
        let end = self.offset + payload.len();
        if expected.payload.get(self.offset..end) != Some(&*payload) {
            Err("a message came back with other bytes than were sent")?;
        }
        self.offset = end;
        Ok(())
    }

    fn end_frame(&mut self, header: &Header, cycle: &Cycle) -> Result<usize> {
        if header.is_control() || !header.fin {
            return Ok(0);
        }
        let expected = &cycle.messages[self.message];
        if self.compressed.take() == Some(true) {
            self.end_compressed(expected)?;
        } else if self.offset != expected.payload.len() {
            Err("a message came back too short")?;
        }
        if header.opcode != 0 && header.opcode != expected.opcode {
            Err("a text message came back as binary, or the reverse")?;
        }
        self.message = cycle.next(self.message);
        self.offset = 0;
        Ok(1)
    }

    fn end_compressed(&mut self, expected: &Message) -> Result<()> {
        let inflater = self
            .inflater
            .as_mut()
            .ok_or("a compressed message without negotiation")?;
        if inflater.inflate(&mut self.deflated)? != expected.payload {
            Err("a compressed message came back with other bytes than were sent")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Deflate, Payload, PayloadKind};

    fn cycle(size: usize, deflate: Option<Deflate>, masked: bool) -> Cycle {
        let kind = PayloadKind::Json;
        Cycle::new(Payload { kind, size }, deflate, masked).expect("a cycle")
    }

    /// Feeds `wire` in pieces of `step` bytes.
    fn feed(checker: &mut Checker, cycle: &Cycle, wire: &[u8], step: usize) -> Result<usize> {
        let mut completed = 0;
        for piece in wire.chunks(step) {
            completed += checker.receive(&mut piece.to_vec(), cycle)?;
        }
        Ok(completed)
    }

    #[test]
    fn counts_messages_however_they_are_cut() {
        for (size, masked) in [(5, false), (200, true), (70_000, true)] {
            let cycle = cycle(size, None, masked);
            for step in [1, 7, cycle.wire.len()] {
                let mut checker = Checker::new(0, None, false);
                let completed = feed(&mut checker, &cycle, &cycle.wire, step).expect("a match");
                assert_eq!(completed, cycle.messages.len());
            }
        }
    }

    #[test]
    fn inflates_with_and_without_takeover() {
        for takeover in [true, false] {
            let cycle = cycle(3000, Some(Deflate { takeover }), true);
            let mut checker = Checker::new(0, Some(Inflater::new(takeover)), false);
            // Twice: the second turn of the circle must not need the first one's window.
            for _ in 0..2 {
                let completed = feed(&mut checker, &cycle, &cycle.wire, 1000).expect("a match");
                assert_eq!(completed, cycle.messages.len());
            }
        }
    }

    #[test]
    fn accepts_fragments_with_a_ping_between() {
        let cycle = cycle(10, None, false);
        let payload = cycle.messages[0].payload.clone();
        let mut wire = vec![0x01, 4];
        wire.extend_from_slice(&payload[..4]);
        wire.extend_from_slice(&[0x89, 0, 0x80, 6]);
        wire.extend_from_slice(&payload[4..]);
        let mut checker = Checker::new(0, None, false);
        assert_eq!(feed(&mut checker, &cycle, &wire, 3).expect("a match"), 1);
    }

    #[test]
    fn notices_a_changed_byte_and_a_missing_message() {
        let cycle = cycle(40, None, false);
        let mut wire = cycle.wire.clone();
        wire[60] ^= 1;
        assert!(feed(&mut Checker::new(0, None, false), &cycle, &wire, 100).is_err());
        let rest = &cycle.wire[cycle.start(1)..];
        assert!(feed(&mut Checker::new(0, None, false), &cycle, rest, 100).is_err());
    }
}
