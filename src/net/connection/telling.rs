//! From the engine to the batch for JS.

use super::{
    super::{Batch, Kind, Records},
    Connection,
};
use crate::{
    entropy::MaskSource,
    proto::{Chunk, Event, Payload, ProtocolError},
};

impl Connection {
    /// Parses what was read before a lane had the connection.
    pub fn parse_head(&mut self, batch: &mut Batch, head: &[u8]) {
        batch.room(head.len()).copy_from_slice(head);
        self.parse(batch, head.len());
    }

    /// Parses the last `count` bytes that were read into the batch.
    pub(super) fn parse(&mut self, batch: &mut Batch, count: usize) {
        let (bytes, records) = batch.chunk(count);
        if self.link.is_tapped() {
            records.push_copy(self.link.number(), Kind::Bytes, 0, bytes);
        }
        let mut chunk = Chunk::new(bytes);
        loop {
            match self.receiver.next_event(&mut chunk) {
                Ok(Some(event)) => self.tell(records, &event, chunk.bytes()),
                Ok(None) => return,
                Err(error) => self.fail(records, error),
            }
        }
    }

    pub(super) fn fail(&self, records: &mut Records, error: ProtocolError) {
        let kind = match self.receiver.is_behind_compressed() {
            true => Kind::LateProtocolError,
            false => Kind::ProtocolError,
        };
        records.push(self.link.number(), kind, error.number(), error.detail());
    }

    /// Puts an event into the batch; answers a ping.
    pub(super) fn tell(&mut self, records: &mut Records, event: &Event, chunk: &[u8]) {
        match event {
            Event::Message { binary, payload } => {
                let kind = if *binary { Kind::Binary } else { Kind::Text };
                self.tell_message(records, kind, payload);
            }
            Event::Ping(payload) => {
                let answered = self.answer_ping(records, payload, chunk);
                self.tell_payload(records, Kind::Ping, u16::from(answered), payload);
            }
            Event::Pong(payload) => self.tell_payload(records, Kind::Pong, 0, payload),
            Event::Close { code, reason } => {
                self.tell_payload(records, Kind::Close, code.unwrap_or(NO_STATUS), reason);
            }
        }
    }

    fn tell_message(&mut self, records: &mut Records, kind: Kind, payload: &Payload) {
        match payload {
            Payload::Buffered if self.receiver.buffered().len() >= OWNED_BYTES => {
                let payload = self.receiver.take_buffered();
                records.push_owned(self.link.number(), kind, payload);
            }
            payload => self.tell_payload(records, kind, 0, payload),
        }
        let ends = self.receiver.fragment_ends();
        if !ends.is_empty() && kind == Kind::Binary {
            records.note_fragments(ends);
        }
    }

    fn tell_payload(&self, records: &mut Records, kind: Kind, code: u16, payload: &Payload) {
        let number = self.link.number();
        match payload {
            Payload::InChunk(range) => records.push_in_chunk(number, kind, code, range),
            Payload::Buffered => records.push_copy(number, kind, code, self.receiver.buffered()),
        }
    }

    /// Tells whether the JS thread has no answer to give any more.
    fn answer_ping(&self, records: &mut Records, payload: &Payload, chunk: &[u8]) -> bool {
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
            records.push(self.link.number(), Kind::PongOverflow, 0, 0);
        }
        true
    }
}

/// A message that had to be assembled and is at least this long is not copied again.
const OWNED_BYTES: usize = 16 * 1024;
/// RFC 6455 section 7.4.1: what is reported when a close frame has no status code.
const NO_STATUS: u16 = 1005;
