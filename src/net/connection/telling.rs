//! From the engine to the batch for JS.

use super::{
    super::{Batch, Kind},
    Connection,
};
use crate::{
    entropy::MaskSource,
    proto::{Chunk, Event, Payload, ProtocolError},
};

impl Connection {
    /// Parses bytes that were received; also those that came before a lane had the connection.
    pub fn parse(&mut self, batch: &mut Batch, bytes: &mut [u8]) {
        if self.link.is_tapped() {
            batch.push_payload(self.link.number(), Kind::Bytes, 0, bytes);
        }
        let mut chunk = Chunk::new(bytes);
        loop {
            match self.receiver.next_event(&mut chunk) {
                Ok(Some(event)) => self.tell(batch, &event, chunk.bytes()),
                Ok(None) => return,
                Err(error) => self.fail(batch, error),
            }
        }
    }

    pub(super) fn fail(&self, batch: &mut Batch, error: ProtocolError) {
        let kind = match self.receiver.is_behind_compressed() {
            true => Kind::LateProtocolError,
            false => Kind::ProtocolError,
        };
        batch.push(self.link.number(), kind, error.number(), error.detail());
    }

    /// Puts an event into the batch; answers a ping.
    pub(super) fn tell(&mut self, batch: &mut Batch, event: &Event, chunk: &[u8]) {
        match event {
            Event::Message { binary, payload } => {
                let kind = if *binary { Kind::Binary } else { Kind::Text };
                self.tell_message(batch, kind, payload, chunk);
            }
            Event::Ping(payload) => {
                let answered = self.answer_ping(batch, payload, chunk);
                self.tell_payload(batch, Kind::Ping, u16::from(answered), payload, chunk);
            }
            Event::Pong(payload) => self.tell_payload(batch, Kind::Pong, 0, payload, chunk),
            Event::Close { code, reason } => {
                self.tell_payload(batch, Kind::Close, code.unwrap_or(NO_STATUS), reason, chunk);
            }
        }
    }

    fn tell_message(&mut self, batch: &mut Batch, kind: Kind, payload: &Payload, chunk: &[u8]) {
        match payload {
            Payload::Buffered if self.receiver.buffered().len() >= OWNED_BYTES => {
                let payload = self.receiver.take_buffered();
                batch.push_owned(self.link.number(), kind, payload);
            }
            payload => self.tell_payload(batch, kind, 0, payload, chunk),
        }
        let ends = self.receiver.fragment_ends();
        if !ends.is_empty() && kind == Kind::Binary {
            batch.note_fragments(ends);
        }
    }

    fn tell_payload(
        &self,
        batch: &mut Batch,
        kind: Kind,
        code: u16,
        payload: &Payload,
        chunk: &[u8],
    ) {
        let bytes = match payload {
            Payload::InChunk(range) => &chunk[range.clone()],
            Payload::Buffered => self.receiver.buffered(),
        };
        batch.push_payload(self.link.number(), kind, code, bytes);
    }

    /// Tells whether the JS thread has no answer to give any more.
    fn answer_ping(&self, batch: &mut Batch, payload: &Payload, chunk: &[u8]) -> bool {
        if !self.link.answers_pings() {
            return false;
        }
        let bytes = match payload {
            Payload::InChunk(range) => &chunk[range.clone()],
            Payload::Buffered => self.receiver.buffered(),
        };
        let mask = MaskSource::key_for(self.role);
        if !self
            .link
            .outbound()
            .append_pong(bytes, mask, self.max_pending_pongs)
        {
            batch.push(self.link.number(), Kind::PongOverflow, 0, 0);
        }
        true
    }
}

/// A message that had to be assembled and is at least this long is not copied again.
const OWNED_BYTES: usize = 16 * 1024;
/// RFC 6455 section 7.4.1: what is reported when a close frame has no status code.
const NO_STATUS: u16 = 1005;
