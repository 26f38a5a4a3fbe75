//! Compressed messages (RFC 7692, section 7.2).

use crate::Result;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// What a sync flush ends with, and a message leaves out (section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// Compresses `messages` in order.
///
/// With takeover a message may refer to those before it, but the first of them refers to nothing,
/// so that the whole list can be sent again and again: a sender may drop its window at any time.
pub fn compress(messages: &[Vec<u8>], takeover: bool) -> Result<Vec<Vec<u8>>> {
    let mut compressor = Compress::new(Compression::default(), false);
    let mut compressed = Vec::with_capacity(messages.len());
    for message in messages {
        if !takeover {
            compressor.reset();
        }
        let mut out = Vec::with_capacity(message.len() + 64);
        let before = compressor.total_in();
        while (compressor.total_in() - before) < message.len() as u64 || out.len() == out.capacity()
        {
            out.reserve(1024);
            let done = (compressor.total_in() - before) as usize;
            compressor.compress_vec(&message[done..], &mut out, FlushCompress::Sync)?;
        }
        if out.ends_with(&TAIL) {
            out.truncate(out.len() - TAIL.len());
        }
        compressed.push(out);
    }
    Ok(compressed)
}

/// Decompresses what the process under test sends on one connection.
pub struct Inflater {
    decompressor: Decompress,
    takeover: bool,
    plain: Vec<u8>,
}

impl Inflater {
    /// For a sender that keeps its window from message to message, or not.
    pub fn new(takeover: bool) -> Self {
        Self {
            decompressor: Decompress::new(false),
            takeover,
            plain: Vec::new(),
        }
    }

    /// The message whose compressed bytes are `data`, which is left empty.
    pub fn inflate(&mut self, data: &mut Vec<u8>) -> Result<&[u8]> {
        if !self.takeover {
            self.decompressor.reset(false);
        }
        data.extend_from_slice(&TAIL);
        self.plain.clear();
        let before = self.decompressor.total_in();
        loop {
            self.plain.reserve(64 * 1024);
            let done = (self.decompressor.total_in() - before) as usize;
            let status = self.decompressor.decompress_vec(
                &data[done..],
                &mut self.plain,
                FlushDecompress::Sync,
            )?;
            let used_up = self.decompressor.total_in() - before == data.len() as u64;
            if status == Status::StreamEnd || (used_up && self.plain.len() < self.plain.capacity())
            {
                break;
            }
        }
        data.clear();
        Ok(&self.plain)
    }
}
