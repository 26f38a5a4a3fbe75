//! What a finished negotiation of permessage-deflate (RFC 7692 section 7.1) leaves for the engine.
//!
//! Offers and responses are not read here: the JS layer does that on parsed headers and hands over
//! numbers.

use std::sync::Arc;

pub use zlib_rs::Strategy;

/// Largest LZ77 window that RFC 7692 allows: 2^15 bytes. Also the window when none was negotiated.
pub const MAX_WINDOW_BITS: u8 = 15;

/// Smallest value of `server_max_window_bits` and `client_max_window_bits`.
pub const MIN_WINDOW_BITS: u8 = 8;

/// Agreement for one of the two directions of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Direction {
    /// Base-2 logarithm of the LZ77 window, 8 to 15.
    pub window_bits: u8,
    /// Whether a message may refer to the messages before it.
    pub context_takeover: bool,
}

impl Default for Direction {
    fn default() -> Self {
        Self {
            window_bits: MAX_WINDOW_BITS,
            context_takeover: true,
        }
    }
}

/// How hard the compressor works and how much memory it takes; names and values are zlib's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// 0 (store) to 9 (smallest output); default 6.
    pub level: u8,
    /// 1 (least memory) to 9; default 8.
    pub mem_level: u8,
    /// What kind of redundancy to look for.
    pub strategy: Strategy,
}

impl Default for Effort {
    fn default() -> Self {
        Self {
            level: 6,
            mem_level: 8,
            strategy: Strategy::Default,
        }
    }
}

/// Everything the engine needs to know about permessage-deflate on one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeflateConfig {
    /// What was agreed for the messages we send.
    pub send: Direction,
    /// What was agreed for the messages we receive.
    pub receive: Direction,
    /// Settings of the compressor.
    pub effort: Effort,
    /// Messages with fewer bytes are sent plain if `send` has no context takeover; default 1024.
    pub threshold: usize,
    /// Bytes that both peers treat as sent before the first message.
    pub send_dictionary: Option<Arc<[u8]>>,
    /// Bytes that both peers treat as received before the first message.
    pub receive_dictionary: Option<Arc<[u8]>>,
}

impl Default for DeflateConfig {
    fn default() -> Self {
        Self {
            send: Direction::default(),
            receive: Direction::default(),
            effort: Effort::default(),
            threshold: 1024,
            send_dictionary: None,
            receive_dictionary: None,
        }
    }
}

impl DeflateConfig {
    /// Messages with fewer bytes are sent plain. With context takeover there are none: even a short
    /// message mostly repeats earlier ones.
    pub(crate) fn send_threshold(&self) -> usize {
        if self.send.context_takeover {
            0
        } else {
            self.threshold
        }
    }
}
