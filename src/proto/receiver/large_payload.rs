//! Long payloads, which are read straight to where they are collected.

use super::{Receiver, State};
use crate::proto::{Event, ProtocolError, apply_mask};

impl Receiver {
    /// If the receiver is well inside the long payload of an uncompressed data frame, the number of
    /// bytes that are still to come. They may be appended to [`Receiver::large_payload_buffer`]
    /// instead of being handed in as a chunk. (Before much of it has come, a caller could make
    /// room for it on no more than the peer's word.)
    pub fn in_large_payload(&self) -> Option<usize> {
        match self.state {
            State::Payload(frame)
                if frame.opcode.is_data()
                    && !self.message.is_compressed()
                    && frame.missing >= LARGE_BYTES
                    && self.message.buffer.len() >= COLLECTED_BYTES =>
            {
                usize::try_from(frame.missing).ok()
            }
            _ => None,
        }
    }

    /// Where to append bytes of a long payload, as they come from the socket.
    pub fn large_payload_buffer(&mut self) -> &mut Vec<u8> {
        self.release();
        &mut self.message.buffer
    }

    /// The last `count` bytes of the buffer were appended.
    ///
    /// # Errors
    ///
    /// As [`Receiver::next_event`].
    pub fn large_payload_appended(&mut self, count: usize) -> Result<Option<Event>, ProtocolError> {
        let result = self.count_chunk().and_then(|()| self.take_appended(count));
        if result.is_err() {
            self.finish();
        }
        result
    }

    fn take_appended(&mut self, count: usize) -> Result<Option<Event>, ProtocolError> {
        let State::Payload(mut frame) = self.state else {
            return Ok(None);
        };
        let start = self.message.buffer.len().saturating_sub(count);
        if let (Some(key), Some(bytes)) = (frame.mask, self.message.buffer.get_mut(start..)) {
            apply_mask(bytes, key, frame.received as usize);
        }
        frame.advance(count);
        self.state = State::Payload(frame);
        self.message.check_appended(start)?;
        if frame.missing > 0 {
            self.waiting_chunks = self.waiting_chunks.saturating_add(1);
            return Ok(None);
        }
        self.end_data_frame(frame.fin)
    }
}

/// From here on it pays to read a payload straight to where it is collected.
const LARGE_BYTES: u64 = 64 * 1024;
/// What has to be collected before that.
const COLLECTED_BYTES: usize = 32 * 1024;
