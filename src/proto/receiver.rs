//! The receiving half of a connection: bytes in, events out.

mod large_payload;

use std::ops::Range;

use super::{
    Chunk, Config, Event, FrameHeader, MaskingKey, Opcode, Payload, ProtocolError, Role,
    apply_mask,
    close::parse_body,
    frame::{Decoded, Rules},
    header_buffer::HeaderBuffer,
    message::Message,
    utf8::is_utf8,
};

/// Parses what a peer sends.
///
/// A chunk is handed in with [`Receiver::next_event`], again and again until it says `None`. A
/// message that is complete in the chunk as one frame stays there; every other one is collected in
/// the receiver. What the receiver holds is bounded by what the peer has sent, never by what it
/// has announced.
#[derive(Debug)]
pub struct Receiver {
    role: Role,
    max_buffered_chunks: u32,
    skip_utf8_validation: bool,
    state: State,
    header: HeaderBuffer,
    message: Message,
    /// The payload of a control frame that did not come in one chunk. Such a frame may stand
    /// between the fragments of a message.
    control: Vec<u8>,
    buffered: Buffered,
    /// Chunks that wait for the rest of a frame.
    waiting_chunks: u32,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Between frames, or inside a header.
    Header,
    /// Inside a payload.
    Payload(Frame),
    /// Behind a close frame or an error: nothing is parsed any more (section 7.1.7).
    Finished,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    opcode: Opcode,
    fin: bool,
    mask: Option<MaskingKey>,
    /// Bytes that were received and are still to come.
    received: u64,
    missing: u64,
}

/// What [`Receiver::buffered`] shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Buffered {
    Nothing,
    Message,
    Control,
    /// A close frame's reason: the control payload without the status code.
    Reason,
}

impl Receiver {
    /// A receiver at the first byte behind the opening handshake.
    pub fn new(config: &Config) -> Self {
        Self {
            role: config.role,
            max_buffered_chunks: config.limits.max_buffered_chunks,
            skip_utf8_validation: config.skip_utf8_validation,
            state: State::Header,
            header: HeaderBuffer::default(),
            message: Message::new(config),
            control: Vec::new(),
            buffered: Buffered::Nothing,
            waiting_chunks: 0,
        }
    }

    /// The next event of the chunk; `None` when the chunk is used up. After a close frame or an
    /// error, the rest is ignored.
    ///
    /// # Errors
    ///
    /// Fails at the first byte that breaks the protocol or a limit.
    pub fn next_event(&mut self, chunk: &mut Chunk<'_>) -> Result<Option<Event>, ProtocolError> {
        self.release();
        if chunk.position() == 0 {
            self.message.inflated = 0;
        }
        let result = self.parse(chunk);
        if result.is_err() || matches!(result, Ok(Some(Event::Close { .. }))) {
            self.finish();
        }
        result
    }

    /// The payload of the last event, if that said [`Payload::Buffered`].
    pub fn buffered(&self) -> &[u8] {
        match self.buffered {
            Buffered::Nothing => &[],
            Buffered::Message => &self.message.buffer,
            Buffered::Control => &self.control,
            Buffered::Reason => self.control.get(STATUS_CODE_BYTES..).unwrap_or_default(),
        }
    }

    /// Whether several compressed messages have come in the chunk that is being read.
    pub fn is_behind_compressed(&self) -> bool {
        self.message.inflated > 1
    }

    /// Bytes that are kept of a message that is not complete.
    pub fn unfinished(&self) -> usize {
        self.message.buffer.len()
    }

    /// The same as [`Receiver::buffered`], moved out.
    pub fn take_buffered(&mut self) -> Vec<u8> {
        match self.buffered {
            Buffered::Message => std::mem::take(&mut self.message.buffer),
            _ => self.buffered().to_vec(),
        }
    }

    /// Where the fragments of the last message end, if it was binary and had more than one that
    /// was not empty.
    pub fn fragment_ends(&self) -> Vec<u32> {
        match self.buffered {
            Buffered::Message => self.message.fragment_ends(),
            _ => Vec::new(),
        }
    }

    /// Bytes of compressed payload that a chunk of `chunk_len` bytes may give to decompress.
    pub fn inflatable(&self, chunk_len: usize) -> u64 {
        match self.state {
            State::Payload(frame) if frame.opcode.is_data() && self.message.is_compressed() => {
                let completes = frame.missing <= chunk_len as u64;
                if completes {
                    frame.received.saturating_add(chunk_len as u64)
                } else {
                    0
                }
            }
            State::Finished => 0,
            _ if self.message.may_be_compressed() => chunk_len as u64,
            _ => 0,
        }
    }

    /// Gives memory back that is not needed while nothing comes. The peer does not notice.
    pub fn hibernate(&mut self) {
        self.release();
        self.message.hibernate();
    }

    /// Nothing is parsed any more, and what was collected is of no use.
    fn finish(&mut self) {
        self.state = State::Finished;
        self.message.discard();
    }

    fn parse(&mut self, chunk: &mut Chunk<'_>) -> Result<Option<Event>, ProtocolError> {
        if !chunk.counted && !matches!(self.state, State::Finished) {
            chunk.counted = true;
            self.count_chunk()?;
        }
        loop {
            let outcome = match self.state {
                State::Finished => return Ok(None),
                State::Header => match self.parse_header(chunk)? {
                    Some(header) => self.begin_payload(&header, chunk),
                    None => return Ok(None),
                },
                State::Payload(frame) if !chunk.rest().is_empty() => self.collect(frame, chunk),
                State::Payload(_) => return Ok(None),
            };
            if !matches!(outcome, Ok(None)) {
                return outcome;
            }
        }
    }

    /// Another chunk has come while others wait for the rest of a frame.
    fn count_chunk(&self) -> Result<(), ProtocolError> {
        let limit = self.max_buffered_chunks;
        if limit > 0 && self.waiting_chunks >= limit {
            return Err(ProtocolError::TooManyBufferedChunks);
        }
        Ok(())
    }

    /// Decodes a header, of which a part may have come with earlier chunks.
    #[inline]
    fn parse_header(
        &mut self,
        chunk: &mut Chunk<'_>,
    ) -> Result<Option<FrameHeader>, ProtocolError> {
        let rules = Rules {
            role: self.role,
            rsv1_allowed: self.message.may_be_compressed(),
            message_open: self.message.is_open(),
        };
        match self.header.decode(chunk, rules)? {
            Decoded::Complete(header, _) => {
                self.waiting_chunks = 0;
                return Ok(Some(header));
            }
            Decoded::LengthKnown(header) => self.message.check_length(&header)?,
            Decoded::Incomplete => {}
        }
        self.waiting_chunks = self.header.keep(chunk, self.waiting_chunks);
        Ok(None)
    }

    /// A header is complete. If the payload is in the chunk, too, it stays there.
    #[inline]
    fn begin_payload(
        &mut self,
        header: &FrameHeader,
        chunk: &mut Chunk<'_>,
    ) -> Result<Option<Event>, ProtocolError> {
        let is_data = header.opcode.is_data();
        if is_data {
            self.message.begin_frame(header)?;
        } else {
            self.control.clear();
        }
        let whole =
            usize::try_from(header.payload_len).is_ok_and(|length| length <= chunk.rest().len());
        let in_place = if is_data {
            self.message.is_compressed() || (header.fin && self.message.is_first_frame())
        } else {
            true
        };
        if whole && in_place {
            let range = chunk.advance(header.payload_len as usize);
            if let Some(key) = header.mask {
                apply_mask(chunk.part(&range), key, 0);
            }
            return if is_data && self.message.is_compressed() {
                self.message
                    .end_compressed_frame(chunk.part(&range), header.fin)?;
                Ok(self.end_fragment(header.fin))
            } else if is_data {
                self.end_message_in_chunk(range, chunk)
            } else {
                self.end_control(header.opcode, Payload::InChunk(range), chunk.bytes())
                    .map(Some)
            };
        }
        let frame = Frame {
            opcode: header.opcode,
            fin: header.fin,
            mask: header.mask,
            received: 0,
            missing: header.payload_len,
        };
        self.state = State::Payload(frame);
        // An empty fragment is complete, and so may be a fragment with its payload in this chunk.
        if header.payload_len == 0 {
            self.end_data_frame(header.fin)
        } else {
            Ok(None)
        }
    }

    /// A message is complete in the chunk as one frame.
    #[inline]
    fn end_message_in_chunk(
        &mut self,
        range: Range<usize>,
        chunk: &Chunk<'_>,
    ) -> Result<Option<Event>, ProtocolError> {
        let binary = self.message.is_binary();
        self.message.count_frame()?;
        self.message.finish();
        if !binary && !self.skip_utf8_validation {
            let text = chunk.bytes().get(range.clone()).unwrap_or_default();
            if !is_utf8(text) {
                return Err(ProtocolError::InvalidUtf8);
            }
        }
        Ok(Some(Event::Message {
            binary,
            payload: Payload::InChunk(range),
        }))
    }

    /// Collects what the chunk holds of a payload.
    fn collect(
        &mut self,
        mut frame: Frame,
        chunk: &mut Chunk<'_>,
    ) -> Result<Option<Event>, ProtocolError> {
        let wanted = usize::try_from(frame.missing).unwrap_or(usize::MAX);
        let range = chunk.advance(wanted);
        let count = range.len();
        let bytes = chunk.part(&range);
        if let Some(key) = frame.mask {
            apply_mask(bytes, key, frame.received as usize);
        }
        frame.advance(count);
        self.state = State::Payload(frame);
        if frame.opcode.is_data() {
            self.message.append(bytes)?;
        } else {
            self.control.extend_from_slice(bytes);
        }
        if frame.missing > 0 {
            self.waiting_chunks = self.waiting_chunks.saturating_add(1);
            return Ok(None);
        }
        self.waiting_chunks = 0;
        if frame.opcode.is_data() {
            return self.end_data_frame(frame.fin);
        }
        self.state = State::Header;
        let control = std::mem::take(&mut self.control);
        let result = self.end_control(frame.opcode, Payload::Buffered, &control);
        self.control = control;
        result.map(Some)
    }

    fn end_data_frame(&mut self, fin: bool) -> Result<Option<Event>, ProtocolError> {
        self.message.end_frame(fin)?;
        Ok(self.end_fragment(fin))
    }

    /// A fragment has become part of the message.
    fn end_fragment(&mut self, fin: bool) -> Option<Event> {
        self.state = State::Header;
        self.waiting_chunks = 0;
        if !fin {
            return None;
        }
        let binary = self.message.is_binary();
        self.message.finish();
        self.buffered = Buffered::Message;
        Some(Event::Message {
            binary,
            payload: Payload::Buffered,
        })
    }

    /// A control frame is complete; `bytes` holds its payload at the place `payload` names.
    fn end_control(
        &mut self,
        opcode: Opcode,
        payload: Payload,
        bytes: &[u8],
    ) -> Result<Event, ProtocolError> {
        if payload == Payload::Buffered {
            self.buffered = Buffered::Control;
        }
        match opcode {
            Opcode::Ping => Ok(Event::Ping(payload)),
            Opcode::Close => self.end_close(payload, bytes),
            _ => Ok(Event::Pong(payload)),
        }
    }

    /// A close frame is complete.
    fn end_close(&mut self, payload: Payload, bytes: &[u8]) -> Result<Event, ProtocolError> {
        let body = match &payload {
            Payload::InChunk(range) => bytes.get(range.clone()).unwrap_or_default(),
            Payload::Buffered => bytes,
        };
        let code = parse_body(body, self.skip_utf8_validation)?;
        let reason = match (payload, code) {
            (payload, None) => payload,
            (Payload::InChunk(range), Some(_)) => {
                Payload::InChunk(range.start + STATUS_CODE_BYTES..range.end)
            }
            (Payload::Buffered, Some(_)) => {
                self.buffered = Buffered::Reason;
                Payload::Buffered
            }
        };
        Ok(Event::Close { code, reason })
    }

    /// Lets go of the payload of the last event.
    #[inline]
    fn release(&mut self) {
        match std::mem::replace(&mut self.buffered, Buffered::Nothing) {
            Buffered::Nothing => {}
            Buffered::Message => self.message.release(),
            Buffered::Control | Buffered::Reason => self.control = Vec::new(),
        }
    }
}

impl Frame {
    fn advance(&mut self, count: usize) {
        self.received = self.received.saturating_add(count as u64);
        self.missing = self.missing.saturating_sub(count as u64);
    }
}

const STATUS_CODE_BYTES: usize = 2;
