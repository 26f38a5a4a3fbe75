//! What a receiver is given and what it says.

use std::ops::Range;

/// Bytes that came from the socket in one read. They are unmasked in place as they are parsed.
#[derive(Debug)]
pub struct Chunk<'a> {
    bytes: &'a mut [u8],
    position: usize,
    pub(super) counted: bool,
}

impl<'a> Chunk<'a> {
    /// A chunk of which nothing was parsed yet.
    pub fn new(bytes: &'a mut [u8]) -> Self {
        Self {
            bytes,
            position: 0,
            counted: false,
        }
    }

    /// All bytes of the chunk, unmasked as far as they were parsed.
    pub fn bytes(&self) -> &[u8] {
        self.bytes
    }

    /// Number of bytes that were parsed.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Bytes that were not parsed yet.
    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    /// Passes over at most `count` bytes; returns where they are, for [`Chunk::part`].
    pub(super) fn advance(&mut self, count: usize) -> Range<usize> {
        let start = self.position;
        self.position = start.saturating_add(count).min(self.bytes.len());
        start..self.position
    }

    /// A range that [`Chunk::advance`] returned.
    pub(super) fn part(&mut self, range: &Range<usize>) -> &mut [u8] {
        self.bytes.get_mut(range.clone()).unwrap_or_default()
    }
}

/// Where the payload of an event is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Payload {
    /// In this range of the chunk's bytes.
    InChunk(Range<usize>),
    /// In the receiver: see [`super::Receiver::buffered`].
    Buffered,
}

/// Something that the peer sent, complete and valid.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// A message.
    Message {
        /// Binary or text.
        binary: bool,
        /// Its bytes, decompressed.
        payload: Payload,
    },
    /// A ping. It has to be answered with the same payload (section 5.5.2).
    Ping(Payload),
    /// A pong.
    Pong(Payload),
    /// A close frame. The receiver ignores everything behind it.
    Close {
        /// The status code; `None` if the frame has none.
        code: Option<u16>,
        /// The reason, valid UTF-8 unless that is not checked.
        reason: Payload,
    },
}
