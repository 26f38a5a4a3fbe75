//! A message on its way in: its fragments are collected until the last one is there (RFC 6455
//! section 5.4), and decompressed if the first one says so (RFC 7692 section 6.2).

use super::{
    Config, FrameHeader, Limits, Opcode, ProtocolError, extension::inflate::Decompressor,
    fragments::Fragments, growth, utf8::Utf8Validator,
};

/// The message that is being received, if any.
#[derive(Debug)]
pub(super) struct Message {
    limits: Limits,
    skip_utf8_validation: bool,
    /// Present if permessage-deflate was negotiated.
    inflation: Option<Box<Inflation>>,
    /// Text or binary; `None` between messages.
    kind: Option<Opcode>,
    compressed: bool,
    /// How many messages of the current chunk were compressed.
    pub(super) inflated: u32,
    /// Sum of the announced lengths of its frames.
    announced: u64,
    frames: u32,
    utf8: Utf8Validator,
    /// What was received of it: unmasked, decompressed.
    pub(super) buffer: Vec<u8>,
    /// Where the frames of a binary message end in `buffer`.
    fragments: Fragments,
}

/// What only messages need that may be compressed.
#[derive(Debug)]
struct Inflation {
    decompressor: Decompressor,
    /// The payload of a compressed frame that did not come in one chunk, until it is complete.
    payload: Vec<u8>,
}

impl Message {
    pub(super) fn new(config: &Config) -> Self {
        let inflation = config.deflate.as_ref().map(|config| {
            Box::new(Inflation {
                decompressor: Decompressor::new(config),
                payload: Vec::new(),
            })
        });
        Self {
            limits: config.limits,
            skip_utf8_validation: config.skip_utf8_validation,
            inflation,
            kind: None,
            compressed: false,
            inflated: 0,
            announced: 0,
            frames: 0,
            utf8: Utf8Validator::default(),
            buffer: Vec::new(),
            fragments: Fragments::default(),
        }
    }

    /// Whether a message may be compressed.
    pub(super) fn may_be_compressed(&self) -> bool {
        self.inflation.is_some()
    }

    /// Whether a fragment was received and the last one was not.
    pub(super) fn is_open(&self) -> bool {
        self.kind.is_some()
    }

    pub(super) fn is_binary(&self) -> bool {
        self.kind == Some(Opcode::Binary)
    }

    pub(super) fn is_compressed(&self) -> bool {
        self.compressed
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
    pub(super) fn begin_frame(&mut self, header: &FrameHeader) -> Result<(), ProtocolError> {
        if header.opcode != Opcode::Continuation {
            self.kind = Some(header.opcode);
            self.compressed = header.rsv1;
        }
        self.check_length(header)?;
        self.announced = self.announced.saturating_add(header.payload_len);
        Ok(())
    }

    /// Fails if `begin_frame` would.
    pub(super) fn check_length(&self, header: &FrameHeader) -> Result<(), ProtocolError> {
        let length = self.announced.saturating_add(header.payload_len);
        let limit = self.limits.max_payload;
        if header.opcode.is_data() && limit > 0 && length > limit {
            return Err(ProtocolError::UnsupportedMessageLength);
        }
        Ok(())
    }

    /// Collects a part of the current frame's payload.
    ///
    /// # Errors
    ///
    /// As `check_appended`, if it is not compressed.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), ProtocolError> {
        let max_len = self.max_len();
        if self.compressed {
            if let Some(inflation) = &mut self.inflation {
                growth::append(&mut inflation.payload, bytes, self.announced, max_len);
            }
            return Ok(());
        }
        let start = self.buffer.len();
        growth::append(&mut self.buffer, bytes, self.announced, max_len);
        self.check_appended(start)
    }

    /// The payload of the current frame is complete and was appended.
    ///
    /// # Errors
    ///
    /// Fails if there are more frames than the limit, or as `end_compressed_frame`.
    pub(super) fn end_frame(&mut self, fin: bool) -> Result<(), ProtocolError> {
        if self.compressed {
            let inflation = self.inflation.as_mut();
            let payload = inflation.map(|inflation| std::mem::take(&mut inflation.payload));
            let payload = payload.unwrap_or_default();
            return self.end_compressed_frame(&payload, fin);
        }
        self.count_frame()?;
        self.end_fragment(fin)
    }

    /// `payload` is the whole payload of the current frame, which is compressed.
    ///
    /// # Errors
    ///
    /// Fails if there are more frames than the limit, if the payload is no deflate data, if the
    /// message is longer than the limit, and if it is text and not UTF-8.
    pub(super) fn end_compressed_frame(
        &mut self,
        payload: &[u8],
        fin: bool,
    ) -> Result<(), ProtocolError> {
        self.count_frame()?;
        let (start, max_len) = (self.buffer.len(), self.max_len());
        if let Some(inflation) = &mut self.inflation {
            let decompressor = &mut inflation.decompressor;
            decompressor.decompress(payload, fin, max_len, &mut self.buffer)?;
        }
        self.check_appended(start)?;
        self.end_fragment(fin)
    }

    /// Bytes that the message may have at its end.
    fn max_len(&self) -> usize {
        match self.limits.max_payload {
            0 => MAX_LEN,
            limit => usize::try_from(limit).unwrap_or(MAX_LEN).min(MAX_LEN),
        }
    }

    /// The current frame, which is the whole message, was received and is not in `buffer`.
    ///
    /// # Errors
    ///
    /// Fails if there are more frames than the limit.
    pub(super) fn count_frame(&mut self) -> Result<(), ProtocolError> {
        self.frames = self.frames.saturating_add(1);
        if self.limits.max_fragments > 0 && self.frames > self.limits.max_fragments {
            return Err(ProtocolError::TooManyFragments);
        }
        Ok(())
    }

    /// Checks what was appended to `buffer` from `start` on. Section 8.1: text is checked as it
    /// comes, so that a wrong byte is noticed at once.
    ///
    /// # Errors
    ///
    /// Fails if it is text and not UTF-8, or makes the message longer than any can be.
    pub(super) fn check_appended(&mut self, start: usize) -> Result<(), ProtocolError> {
        if self.buffer.len() > MAX_LEN {
            return Err(ProtocolError::UnsupportedMessageLength);
        }
        if self.is_binary() || self.skip_utf8_validation {
            return Ok(());
        }
        let text = self.buffer.get(start..).unwrap_or_default();
        self.utf8.push(text).map_err(|_| ProtocolError::InvalidUtf8)
    }

    /// The current frame's part of the message is in `buffer`. Text must not end within a
    /// character.
    fn end_fragment(&mut self, fin: bool) -> Result<(), ProtocolError> {
        if self.is_binary() {
            let max_len = self.max_len();
            self.fragments.push_end(self.buffer.len(), max_len);
        } else if fin && !self.skip_utf8_validation && !self.utf8.is_complete() {
            return Err(ProtocolError::InvalidUtf8);
        }
        Ok(())
    }

    /// The message is complete: the next one may begin, while `buffer` and `fragment_ends` can
    /// still be looked at.
    pub(super) fn finish(&mut self) {
        self.inflated = self.inflated.saturating_add(u32::from(self.compressed));
        self.kind = None;
        self.compressed = false;
        self.announced = 0;
        self.frames = 0;
        self.utf8 = Utf8Validator::default();
    }

    /// Ends of the fragments if there was more than one that was not empty.
    pub(super) fn fragment_ends(&self) -> Vec<u32> {
        self.fragments.ends()
    }

    /// Lets go of a finished message.
    pub(super) fn release(&mut self) {
        self.buffer = Vec::new();
        self.fragments = Fragments::default();
    }

    /// Lets go of everything: no message comes any more.
    pub(super) fn discard(&mut self) {
        self.inflation = None;
        self.buffer = Vec::new();
        self.fragments = Fragments::default();
    }

    /// Gives the memory back that is not needed while nothing comes.
    pub(super) fn hibernate(&mut self) {
        if self.is_open() {
            return;
        }
        if let Some(inflation) = &mut self.inflation {
            inflation.decompressor.hibernate();
        }
    }
}

/// Longest message that can be told, whatever the limit: lengths are told in 32 bits.
const MAX_LEN: usize = u32::MAX as usize;
