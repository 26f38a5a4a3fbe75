//! A message on its way in: its fragments are collected until the last one is there (RFC 6455
//! section 5.4).

use super::{FrameHeader, Limits, Opcode, ProtocolError, utf8::Utf8Validator};

/// The message that is being received, if any.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// Text or binary; `None` between messages.
    kind: Option<Opcode>,
    pub(super) compressed: bool,
    /// Sum of the announced lengths of its frames.
    announced: u64,
    frames: u32,
    utf8: Utf8Validator,
    /// What was received of it: unmasked, decompressed.
    pub(super) buffer: Vec<u8>,
    /// Where each non-empty frame of a binary message ends in `buffer`.
    ends: Vec<u32>,
}

impl Message {
    /// Whether a fragment was received and the last one was not.
    pub(super) fn is_open(&self) -> bool {
        self.kind.is_some()
    }

    pub(super) fn is_binary(&self) -> bool {
        self.kind == Some(Opcode::Binary)
    }

    /// Whether nothing of the message precedes the frame that is being received.
    pub(super) fn is_first_frame(&self) -> bool {
        self.frames == 0
    }

    /// A data frame begins.
    ///
    /// # Errors
    ///
    /// Fails if the message is announced to be longer than the limit.
    pub(super) fn begin_frame(
        &mut self,
        header: &FrameHeader,
        limits: &Limits,
    ) -> Result<(), ProtocolError> {
        if header.opcode != Opcode::Continuation {
            self.kind = Some(header.opcode);
            self.compressed = header.rsv1;
        }
        self.announced = self.announced.saturating_add(header.payload_len);
        if limits.max_payload > 0 && self.announced > limits.max_payload {
            return Err(ProtocolError::UnsupportedMessageLength);
        }
        Ok(())
    }

    /// Would fail with the length that `begin_frame` fails with.
    pub(super) fn check_length(
        &self,
        header: &FrameHeader,
        limits: &Limits,
    ) -> Result<(), ProtocolError> {
        let length = self.announced.saturating_add(header.payload_len);
        if header.opcode.is_data() && limits.max_payload > 0 && length > limits.max_payload {
            return Err(ProtocolError::UnsupportedMessageLength);
        }
        Ok(())
    }

    /// The payload of the current frame has been received.
    ///
    /// # Errors
    ///
    /// Fails if there are more frames than the limit.
    pub(super) fn count_frame(&mut self, limits: &Limits) -> Result<(), ProtocolError> {
        self.frames = self.frames.saturating_add(1);
        if limits.max_fragments > 0 && self.frames > limits.max_fragments {
            return Err(ProtocolError::TooManyFragments);
        }
        Ok(())
    }

    /// The payload of the current frame is in `buffer`, as the user will see it.
    pub(super) fn end_fragment(&mut self) {
        let end = self.buffer.len() as u32;
        if self.is_binary() && end > self.ends.last().copied().unwrap_or_default() {
            self.ends.push(end);
        }
    }

    /// Checks text that was appended to `buffer` from `start` on.
    ///
    /// # Errors
    ///
    /// Fails if it is not UTF-8.
    pub(super) fn check_text(&mut self, start: usize) -> Result<(), ProtocolError> {
        let text = self.buffer.get(start..).unwrap_or_default();
        self.utf8.push(text).map_err(|_| ProtocolError::InvalidUtf8)
    }

    /// Checks that the text does not end within a character.
    ///
    /// # Errors
    ///
    /// Fails if it does.
    pub(super) fn check_text_end(&self) -> Result<(), ProtocolError> {
        if self.utf8.is_complete() {
            Ok(())
        } else {
            Err(ProtocolError::InvalidUtf8)
        }
    }

    /// The message is complete: the next one may begin, while `buffer` and `ends` can still be
    /// looked at.
    pub(super) fn finish(&mut self) {
        self.kind = None;
        self.compressed = false;
        self.announced = 0;
        self.frames = 0;
        self.utf8 = Utf8Validator::default();
    }

    /// Ends of the fragments if there was more than one that was not empty.
    pub(super) fn fragment_ends(&self) -> &[u32] {
        if self.ends.len() > 1 { &self.ends } else { &[] }
    }

    /// Lets go of a finished message.
    pub(super) fn release(&mut self) {
        self.buffer.clear();
        self.buffer.shrink_to(KEEP_BYTES);
        self.ends.clear();
        self.ends.shrink_to(KEEP_BYTES / size_of::<u32>());
    }
}

/// Memory that is kept for the next message.
const KEEP_BYTES: usize = 4096;
