//! Compression of messages (RFC 7692 section 7.2.1).
//!
//! Does not know frames and does not decide what is compressed: see the sender.

use std::{fmt, sync::Arc};

use zlib_rs::{Deflate, DeflateFlush};

use super::encoder::StreamEncoder;
use super::permessage_deflate::{DeflateConfig, Direction, Effort, Strategy};
use super::{DEFLATE_TAIL, pool};

/// An empty message is the first byte of an empty stored block (RFC 7692 section 7.2.3.6).
const EMPTY_MESSAGE: u8 = 0x00;

/// zlib cannot make raw deflate data for a window of 256 bytes. With one of 512 it refers back at
/// most 250 bytes, because it keeps room for its longest match and lookahead, so a peer with 256
/// can read the result.
const MIN_ZLIB_WINDOW_BITS: u8 = 9;

/// Least room for output at a time; more than the six bytes below which a flush could be written
/// twice.
const MIN_OUTPUT_STEP: usize = 64;

/// Compresses the messages of one connection.
///
/// The encoder is created at first use. With context takeover it then stays until
/// [`Compressor::release`]; without, it goes back to the thread's pool after every message.
#[derive(Debug)]
pub struct Compressor {
    direction: Direction,
    effort: Effort,
    dictionary: Option<Arc<[u8]>>,
    encoder: Option<Encoder>,
    in_message: bool,
}

impl Compressor {
    /// A compressor for the sending direction of `config`.
    pub fn new(config: &DeflateConfig) -> Self {
        Self {
            direction: config.send,
            effort: config.effort,
            dictionary: config.send_dictionary.clone(),
            encoder: None,
            in_message: false,
        }
    }

    /// Compresses one fragment of a message and appends the result to `out`. `fin` says that it is
    /// the last.
    pub fn compress(&mut self, data: &[u8], fin: bool, out: &mut Vec<u8>) {
        if !data.is_empty() {
            self.encode(data, out);
        }
        self.in_message = !fin;
        if !fin {
            return;
        }
        if data.is_empty() {
            out.push(EMPTY_MESSAGE);
        } else {
            out.truncate(out.len() - DEFLATE_TAIL.len());
        }
        if !self.direction.context_takeover {
            self.release();
        }
    }

    /// Gives the encoder and its history back, unless a message is under way. No peer can tell: a
    /// message need not refer to the ones before it.
    pub fn release(&mut self) {
        if self.in_message {
            return;
        }
        if let Some(encoder) = self.encoder.take() {
            pool::put_encoder(encoder);
        }
    }

    fn encode(&mut self, data: &[u8], out: &mut Vec<u8>) {
        let mut encoder = self.encoder.take().unwrap_or_else(|| self.obtain_encoder());
        encoder.encode(data, out);
        self.encoder = Some(encoder);
    }

    fn obtain_encoder(&mut self) -> Encoder {
        let settings = Settings {
            direction: self.direction,
            effort: self.effort,
        };
        let mut encoder = pool::take_encoder(|spare| spare.settings == settings)
            .unwrap_or_else(|| Encoder::new(settings));
        if let Some(dictionary) = &self.dictionary {
            encoder.set_dictionary(dictionary);
        }
        if self.direction.context_takeover {
            // An encoder that starts later may not refer to it: other messages came between.
            self.dictionary = None;
        }
        encoder
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Settings {
    direction: Direction,
    effort: Effort,
}

/// A deflate stream and the settings it was made with.
pub(super) struct Encoder {
    settings: Settings,
    stream: Stream,
}

enum Stream {
    Fast(StreamEncoder),
    Zlib(Deflate),
}

impl Encoder {
    fn new(settings: Settings) -> Self {
        let Effort {
            level,
            mem_level,
            strategy,
        } = settings.effort;
        let window_bits = settings.direction.window_bits;
        let stream = if strategy == Strategy::Default && level > 0 {
            Stream::Fast(StreamEncoder::new(settings.direction, level, mem_level))
        } else {
            Stream::Zlib(Deflate::new_with_config(zlib_rs::DeflateConfig {
                level: level.into(),
                // A negative value stands for a raw stream.
                window_bits: -i32::from(window_bits.max(MIN_ZLIB_WINDOW_BITS)),
                mem_level: mem_level.into(),
                strategy,
                ..zlib_rs::DeflateConfig::default()
            }))
        };
        Self { settings, stream }
    }

    pub(super) fn reset(&mut self) {
        match &mut self.stream {
            Stream::Fast(encoder) => encoder.reset(),
            Stream::Zlib(deflate) => deflate.reset(),
        }
    }

    fn set_dictionary(&mut self, dictionary: &[u8]) {
        match &mut self.stream {
            Stream::Fast(encoder) => encoder.set_dictionary(dictionary),
            Stream::Zlib(deflate) => {
                // Fails only for streams with a zlib or gzip header.
                let _ = deflate.set_dictionary(dictionary);
            }
        }
    }

    /// Appends `data` as blocks that end with a sync flush.
    fn encode(&mut self, data: &[u8], out: &mut Vec<u8>) {
        match &mut self.stream {
            Stream::Fast(encoder) => {
                pool::with_symbols(|symbols| encoder.encode(data, symbols, out));
            }
            Stream::Zlib(deflate) => encode_with_zlib(deflate, data, out),
        }
    }
}

fn encode_with_zlib(deflate: &mut Deflate, data: &[u8], out: &mut Vec<u8>) {
    let mut rest = data;
    loop {
        let start = out.len();
        out.resize(start + rest.len() / 2 + MIN_OUTPUT_STEP, 0);
        let (used_before, made_before) = (deflate.total_in(), deflate.total_out());
        let room = out.get_mut(start..).unwrap_or_default();
        // Running out of room is not an error, and nothing else can fail.
        let _ = deflate.compress(rest, room, DeflateFlush::SyncFlush);
        let used = (deflate.total_in() - used_before) as usize;
        let made = (deflate.total_out() - made_before) as usize;
        rest = rest.get(used..).unwrap_or_default();
        let room_left = start + made < out.len();
        out.truncate(start + made);
        if room_left && (rest.is_empty() || used == 0) {
            return;
        }
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Encoder")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
