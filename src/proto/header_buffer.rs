//! Frame headers that are cut in two by the end of a chunk.

use super::{
    Chunk, HEADER_MAX, ProtocolError,
    frame::{Decoded, FrameHeader, Rules},
};

/// The beginning of a header whose rest is still to come.
#[derive(Debug, Default)]
pub(super) struct HeaderBuffer {
    bytes: [u8; HEADER_MAX],
    len: u8,
}

impl HeaderBuffer {
    /// Decodes the header that begins here and goes on in the chunk. A complete one is taken from
    /// the chunk; otherwise nothing changes.
    ///
    /// # Errors
    ///
    /// Fails if the header is not allowed.
    #[inline]
    pub(super) fn decode(
        &mut self,
        chunk: &mut Chunk<'_>,
        rules: Rules,
    ) -> Result<Decoded, ProtocolError> {
        if self.len == 0 {
            let decoded = FrameHeader::decode(chunk.rest(), rules)?;
            if let Decoded::Complete(_, length) = decoded {
                chunk.advance(length);
            }
            return Ok(decoded);
        }
        let before = usize::from(self.len);
        let added = self.copy(chunk.rest());
        let decoded = FrameHeader::decode(self.first(before + added), rules)?;
        if let Decoded::Complete(_, length) = decoded {
            chunk.advance(length.saturating_sub(before));
            self.len = 0;
        }
        Ok(decoded)
    }

    /// Keeps the rest of the chunk, which ends inside the header. Returns how many chunks wait now
    /// if it were `waiting` before: `ws` lets go of a chunk as soon as every field that begins in
    /// it is complete.
    pub(super) fn keep(&mut self, chunk: &mut Chunk<'_>, waiting: u32) -> u32 {
        let before = usize::from(self.len);
        let added = self.copy(chunk.rest());
        if added == 0 {
            return waiting;
        }
        chunk.advance(added);
        let known = before + added;
        self.len = known as u8;
        let used = FrameHeader::whole_fields_len(self.first(known));
        if used > before {
            (known > used).into()
        } else {
            waiting.saturating_add(1)
        }
    }

    /// Copies as much as fits behind what is here; returns how much that is.
    fn copy(&mut self, bytes: &[u8]) -> usize {
        let room = self.bytes.iter_mut().skip(usize::from(self.len));
        let mut count = 0;
        for (to, from) in room.zip(bytes) {
            *to = *from;
            count += 1;
        }
        count
    }

    fn first(&self, count: usize) -> &[u8] {
        self.bytes.get(..count).unwrap_or_default()
    }
}
