//! Decompression of messages (RFC 7692 section 7.2.2).
//!
//! Does not know frames: it is given payloads in the order of arrival and told where a message
//! ends.

use std::collections::VecDeque;

use flate2::{Decompress, FlushDecompress, Status};

use super::deflate::Compressor;
use super::permessage_deflate::{DeflateConfig, Direction, Effort};
use super::{DEFLATE_TAIL, pool};
use crate::proto::ProtocolError;

/// The tail, then an empty final block. The inflater reports the end of the stream exactly if the
/// payload before them ended where a message may end, so a truncated message is told from a
/// complete one.
const END_OF_MESSAGE: [u8; 6] = {
    let [a, b, c, d] = DEFLATE_TAIL;
    [a, b, c, d, 0x03, 0x00]
};

/// Final blocks that one frame may hold. Each makes the inflater start again, which costs far more
/// than the two bytes that an empty one takes.
const MAX_FINAL_BLOCKS: usize = 16;

/// Shorter histories are left as they are.
const MIN_HIBERNATED_LEN: usize = 1024;

/// Least room for output that is asked for at a time.
const MIN_OUTPUT_STEP: usize = 256;

/// Output expected from each byte of input; text compresses about so well.
const EXPECTED_RATIO: usize = 4;

/// Decompresses the messages of one connection.
///
/// Between messages it holds nothing but the bytes that the next message may refer to: at most the
/// window, and only as much of it as has been received. The inflater itself comes from the thread's
/// pool.
#[derive(Debug)]
pub struct Decompressor {
    window_len: usize,
    context_takeover: bool,
    history: VecDeque<u8>,
    /// The history in compressed form, instead of `history`, during hibernation.
    hibernated: Vec<u8>,
    inflater: Option<Decompress>,
}

impl Decompressor {
    /// A decompressor for the receiving direction of `config`.
    pub fn new(config: &DeflateConfig) -> Self {
        let mut decompressor = Self {
            window_len: 1 << config.receive.window_bits,
            context_takeover: config.receive.context_takeover,
            history: VecDeque::new(),
            hibernated: Vec::new(),
            inflater: None,
        };
        if let Some(dictionary) = &config.receive_dictionary {
            decompressor.remember(dictionary);
        }
        decompressor
    }

    /// Decompresses the payload of one frame and appends the result to `message`, which holds what
    /// the frames of the same message before it gave. `fin` says that this is the last frame of the
    /// message.
    ///
    /// # Errors
    ///
    /// Fails if the payload is no deflate data or ends inside a block, and once `message` is longer
    /// than `max_len` bytes, by one.
    pub fn decompress(
        &mut self,
        payload: &[u8],
        fin: bool,
        max_len: usize,
        message: &mut Vec<u8>,
    ) -> Result<(), ProtocolError> {
        self.wake()?;
        self.feed(payload, max_len, message)?;
        if !fin {
            return Ok(());
        }
        if let Some(mut inflater) = self.inflater.take() {
            let step = inflate(&mut inflater, &END_OF_MESSAGE, max_len, message)?;
            pool::put_inflater(inflater);
            if step != Step::StreamEnd(END_OF_MESSAGE.len()) {
                return Err(ProtocolError::InvalidCompressedData);
            }
        }
        if self.context_takeover {
            self.remember(message);
        }
        Ok(())
    }

    /// Bytes held between messages.
    pub fn retained(&self) -> usize {
        self.history.capacity() + self.hibernated.capacity()
    }

    /// Compresses the bytes that have to be kept, unless a message is under way. To be called when
    /// nothing has come for a while; the next message wakes the decompressor up.
    pub fn hibernate(&mut self) {
        if self.inflater.is_some() || self.history.len() < MIN_HIBERNATED_LEN {
            return;
        }
        let mut compressor = Compressor::new(&DeflateConfig {
            send: Direction {
                context_takeover: false,
                ..Direction::default()
            },
            effort: Effort {
                level: 1,
                ..Effort::default()
            },
            ..DeflateConfig::default()
        });
        let mut hibernated = Vec::new();
        compressor.compress(self.history.make_contiguous(), true, &mut hibernated);
        if hibernated.len() < self.history.len() {
            hibernated.shrink_to_fit();
            self.hibernated = hibernated;
            self.history = VecDeque::new();
        }
    }

    fn wake(&mut self) -> Result<(), ProtocolError> {
        if self.hibernated.is_empty() {
            return Ok(());
        }
        let hibernated = std::mem::take(&mut self.hibernated);
        let mut history = Vec::with_capacity(self.window_len);
        let mut inflater = pool::take_inflater();
        inflate(&mut inflater, &hibernated, self.window_len, &mut history)?;
        inflate(
            &mut inflater,
            &END_OF_MESSAGE,
            self.window_len,
            &mut history,
        )?;
        pool::put_inflater(inflater);
        self.history = history.into();
        Ok(())
    }

    fn feed(
        &mut self,
        mut payload: &[u8],
        max_len: usize,
        message: &mut Vec<u8>,
    ) -> Result<(), ProtocolError> {
        for _ in 0..MAX_FINAL_BLOCKS {
            if payload.is_empty() {
                return Ok(());
            }
            let mut inflater = match self.inflater.take() {
                Some(inflater) => inflater,
                None => self.start(message)?,
            };
            match inflate(&mut inflater, payload, max_len, message)? {
                Step::InputUsed => {
                    self.inflater = Some(inflater);
                    return Ok(());
                }
                // RFC 7692 section 7.2.3.4: a block with BFINAL set does not end the message, more
                // blocks may follow. Without any, the end of the payload is the end of a message
                // that needs no tail.
                Step::StreamEnd(used) => {
                    pool::put_inflater(inflater);
                    payload = payload.get(used..).unwrap_or_default();
                }
            }
        }
        Err(ProtocolError::InvalidCompressedData)
    }

    /// An inflater whose window holds what came before: earlier messages, then the message so far.
    fn start(&self, message: &[u8]) -> Result<Decompress, ProtocolError> {
        let mut inflater = pool::take_inflater();
        let (older, newer) = self.history.as_slices();
        for part in [older, newer, last(message, self.window_len)] {
            if !part.is_empty() {
                inflater
                    .set_dictionary(part)
                    .map_err(|_| ProtocolError::InvalidCompressedData)?;
            }
        }
        Ok(inflater)
    }

    fn remember(&mut self, message: &[u8]) {
        let newest = last(message, self.window_len);
        let excess = (self.history.len() + newest.len()).saturating_sub(self.window_len);
        self.history.drain(..excess);
        if self.history.capacity() < self.history.len() + newest.len() {
            let doubled = (self.history.capacity() * 2).min(self.window_len);
            let wanted = doubled.max(self.history.len() + newest.len());
            self.history.reserve_exact(wanted - self.history.len());
        }
        self.history.extend(newest);
    }
}

#[derive(PartialEq)]
enum Step {
    InputUsed,
    /// A final block ended after so many bytes of the input.
    StreamEnd(usize),
}

/// Runs `inflater` until `input` is used up or a final block ends.
fn inflate(
    inflater: &mut Decompress,
    input: &[u8],
    max_len: usize,
    message: &mut Vec<u8>,
) -> Result<Step, ProtocolError> {
    let mut rest = input;
    loop {
        reserve_step(message, rest.len(), max_len);
        let used_before = inflater.total_in();
        let status = inflater
            .decompress_vec(rest, message, FlushDecompress::Sync)
            .map_err(|_| ProtocolError::InvalidCompressedData)?;
        if message.len() > max_len {
            return Err(ProtocolError::UnsupportedMessageLength);
        }
        let used = (inflater.total_in() - used_before) as usize;
        rest = rest.get(used..).unwrap_or_default();
        if status == Status::StreamEnd {
            return Ok(Step::StreamEnd(input.len() - rest.len()));
        }
        let room_left = message.len() < message.capacity();
        if room_left {
            return if rest.is_empty() {
                Ok(Step::InputUsed)
            } else {
                Err(ProtocolError::InvalidCompressedData)
            };
        }
    }
}

/// Makes room for the next output, but for no more than one byte past the limit.
fn reserve_step(message: &mut Vec<u8>, input_len: usize, max_len: usize) {
    if message.len() < message.capacity() {
        return;
    }
    let wanted = input_len
        .saturating_mul(EXPECTED_RATIO)
        .max(message.len())
        .max(MIN_OUTPUT_STEP);
    let allowed = max_len.saturating_sub(message.len()).saturating_add(1);
    message.reserve_exact(wanted.min(allowed));
}

fn last(bytes: &[u8], len: usize) -> &[u8] {
    bytes
        .get(bytes.len().saturating_sub(len)..)
        .unwrap_or_default()
}
