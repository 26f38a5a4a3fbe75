//! What a chunk of bytes says, in the form that JS is told it in.

use crate::proto::{Chunk, Event, Payload, Receiver};

/// A frame, a message or an error.
pub struct StreamEvent {
    pub(super) word: u32,
    pub(super) value: u32,
    pub(super) length: u32,
    /// A payload that is not in the chunk.
    pub(super) payload: Vec<u8>,
    pub(super) fragment_ends: Vec<u32>,
}

impl StreamEvent {
    /// The events of a chunk, whose payloads are unmasked in place. If they have become much
    /// longer than the chunk, the last event tells where its rest begins.
    pub(super) fn parse(receiver: &mut Receiver, bytes: &mut [u8]) -> Vec<Self> {
        let mut events = Vec::new();
        let mut held = 0;
        let length = bytes.len();
        let mut chunk = Chunk::new(bytes);
        loop {
            match receiver.next_event(&mut chunk) {
                Ok(Some(event)) => {
                    let event = Self::new(event, receiver);
                    held += event.payload.len();
                    events.push(event);
                }
                Ok(None) => return events,
                Err(error) => {
                    let word = match receiver.is_behind_compressed() {
                        true => LATE_PROTOCOL_ERROR,
                        false => PROTOCOL_ERROR,
                    };
                    events.push(Self::numbers(word, error.number(), error.detail()));
                }
            }
            if held >= MAX_HELD_BYTES && chunk.position() < length {
                events.push(Self::numbers(REST, chunk.position() as u32, 0));
                return events;
            }
        }
    }

    /// The engine has failed.
    pub(super) fn internal_error() -> Self {
        Self::numbers(PROTOCOL_ERROR, INTERNAL_ERROR, 0)
    }

    fn numbers(word: u32, value: u32, length: u32) -> Self {
        Self {
            word,
            value,
            length,
            payload: Vec::new(),
            fragment_ends: Vec::new(),
        }
    }

    fn new(event: Event, receiver: &mut Receiver) -> Self {
        let (word, payload) = match event {
            Event::Message { binary, payload } => (if binary { 2 } else { 1 }, payload),
            Event::Ping(payload) => (9, payload),
            Event::Pong(payload) => (10, payload),
            Event::Close { code, reason } => {
                (8 | u32::from(code.unwrap_or(NO_STATUS)) << 16, reason)
            }
        };
        let fragment_ends = if word == 2 {
            receiver.fragment_ends()
        } else {
            Vec::new()
        };
        match payload {
            Payload::InChunk(range) => Self {
                word,
                value: range.start as u32,
                length: range.len() as u32,
                payload: Vec::new(),
                fragment_ends,
            },
            Payload::Buffered => {
                let payload = receiver.take_buffered();
                Self {
                    word: if payload.is_empty() {
                        word
                    } else {
                        word | APART
                    },
                    value: 0,
                    length: payload.len() as u32,
                    payload,
                    fragment_ends,
                }
            }
        }
    }
}

/// Flag of a record: the payload has to be fetched with `takeStreamPayload`.
const APART: u32 = 0x100;
const PROTOCOL_ERROR: u32 = 16;
/// The rest of the chunk begins at `value`.
const REST: u32 = 25;
const LATE_PROTOCOL_ERROR: u32 = 26;
/// JS is told of so many bytes before more are decompressed.
const MAX_HELD_BYTES: usize = 4 << 20;
const NO_STATUS: u16 = 1005;
/// Its number among the errors of `lib/errors.js`.
const INTERNAL_ERROR: u32 = 15;
