//! permessage-deflate as JS sees it: options of a connection, and the codec behind the
//! `PerMessageDeflate` class for those who use it without a connection.

use napi::bindgen_prelude::{Buffer, Either, Uint8Array};
use napi_derive::napi;

use crate::proto::extension::{
    deflate::Compressor,
    inflate::Decompressor,
    permessage_deflate::{DeflateConfig, Direction, Effort, Strategy},
};

/// What was negotiated and how to compress. JS has checked the values.
#[napi(object)]
pub struct DeflateOptions {
    /// Base-2 logarithm of the window for what we send: 8 to 15.
    pub send_window_bits: u32,
    /// Messages we send may refer to earlier ones.
    pub send_context_takeover: bool,
    /// Base-2 logarithm of the window for what we receive: 8 to 15.
    pub receive_window_bits: u32,
    /// Messages we receive may refer to earlier ones.
    pub receive_context_takeover: bool,
    /// As in zlib: 0 to 9.
    pub level: u32,
    /// As in zlib: 1 to 9.
    pub mem_level: u32,
    /// As in zlib: 0 to 4.
    pub strategy: u32,
    /// Shorter messages are not compressed if those we send do not refer to earlier ones.
    pub threshold: f64,
    /// What both peers treat as sent before the first message.
    pub send_dictionary: Option<Uint8Array>,
    /// What both peers treat as received before the first message.
    pub receive_dictionary: Option<Uint8Array>,
}

impl DeflateOptions {
    /// The engine's form.
    pub(super) fn engine(&self) -> DeflateConfig {
        DeflateConfig {
            send: direction(self.send_window_bits, self.send_context_takeover),
            receive: direction(self.receive_window_bits, self.receive_context_takeover),
            effort: Effort {
                level: self.level as u8,
                mem_level: self.mem_level as u8,
                strategy: strategy(self.strategy),
            },
            threshold: self.threshold as usize,
            send_dictionary: self.send_dictionary.as_deref().map(Into::into),
            receive_dictionary: self.receive_dictionary.as_deref().map(Into::into),
        }
    }
}

fn direction(window_bits: u32, context_takeover: bool) -> Direction {
    Direction {
        window_bits: window_bits as u8,
        context_takeover,
    }
}

/// zlib's numbers.
fn strategy(number: u32) -> Strategy {
    match number {
        1 => Strategy::Filtered,
        2 => Strategy::HuffmanOnly,
        3 => Strategy::Rle,
        4 => Strategy::Fixed,
        _ => Strategy::Default,
    }
}

/// Why a message could not be decompressed, for `lib/errors.js`.
#[napi(object)]
pub struct DecompressFailure {
    /// Number of the error.
    pub number: u32,
    /// Detail of the error.
    pub detail: u32,
}

/// Compresses and decompresses messages without a connection.
#[napi]
pub struct MessageCodec {
    config: DeflateConfig,
    compressor: Compressor,
    decompressor: Decompressor,
    /// The message that is being decompressed.
    message: Vec<u8>,
}

#[napi]
impl MessageCodec {
    /// A codec without history.
    #[napi(constructor)]
    pub fn new(options: DeflateOptions) -> Self {
        let config = options.engine();
        Self {
            compressor: Compressor::new(&config),
            decompressor: Decompressor::new(&config),
            message: Vec::new(),
            config,
        }
    }

    /// Compresses a fragment of a message; `fin`: the last one.
    #[napi(catch_unwind)]
    pub fn compress(&mut self, data: &[u8], fin: bool) -> Buffer {
        let mut compressed = Vec::new();
        self.compressor.compress(data, fin, &mut compressed);
        compressed.into()
    }

    /// Decompresses a fragment of a message to at most `limit` bytes (0: any number). After a
    /// failure the codec begins anew.
    #[napi(catch_unwind)]
    pub fn decompress(
        &mut self,
        data: &[u8],
        fin: bool,
        limit: u32,
    ) -> Either<Buffer, DecompressFailure> {
        let start = self.message.len();
        let max_len = match limit {
            0 => usize::MAX,
            limit => start + limit as usize,
        };
        let result = self
            .decompressor
            .decompress(data, fin, max_len, &mut self.message);
        if let Err(error) = result {
            self.message = Vec::new();
            self.decompressor = Decompressor::new(&self.config);
            return Either::B(DecompressFailure {
                number: error.number(),
                detail: error.detail(),
            });
        }
        let fragment = Buffer::from(&self.message[start..]);
        if fin {
            self.message = Vec::new();
        }
        Either::A(fragment)
    }
}
