//! Decompression of whatever a peer sends, and of what we have compressed.
//!
//! Input: three bytes of choices, then the payloads of frames: a byte with the length and the FIN
//! bit, then so many bytes.

use oxws::proto::{
    ProtocolError,
    extension::{
        deflate::Compressor,
        inflate::Decompressor,
        permessage_deflate::{DeflateConfig, Direction, Effort, Strategy},
    },
};

use crate::Input;

/// See the module.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let config = config(input.byte(), input.byte());
    let max_len = match input.byte() {
        0 => 1 << 24,
        limit => usize::from(limit) << 4,
    };
    let mut frames = Vec::new();
    while !input.0.is_empty() {
        let head = input.byte();
        frames.push((head & 0x80 != 0, input.bytes(usize::from(head & 0x7f))));
    }
    hostile(&config, max_len, &frames);
    round_trip(&config, &frames);
}

/// A configuration that two bytes choose.
pub(crate) fn config(first: u8, second: u8) -> DeflateConfig {
    let direction = Direction {
        window_bits: 8 + (first & 7),
        context_takeover: first & 8 == 0,
    };
    let strategies = [
        Strategy::Default,
        Strategy::Filtered,
        Strategy::HuffmanOnly,
        Strategy::Rle,
    ];
    DeflateConfig {
        send: direction,
        receive: direction,
        effort: Effort {
            level: second % 10,
            mem_level: 1 + second / 10 % 9,
            strategy: strategies[usize::from(first >> 4 & 3)],
        },
        threshold: usize::from(first >> 6) * 10,
        ..DeflateConfig::default()
    }
}

/// Ends in the same way whether the decompressor sleeps between messages or not, and keeps to the
/// limit.
fn hostile(config: &DeflateConfig, max_len: usize, frames: &[(bool, &[u8])]) {
    let run = |sleepy: bool| {
        let mut decompressor = Decompressor::new(config);
        let mut messages = Vec::new();
        let mut message = Vec::new();
        for (fin, payload) in frames {
            if let Err(error) = decompressor.decompress(payload, *fin, max_len, &mut message) {
                if error == ProtocolError::UnsupportedMessageLength {
                    assert_eq!(message.len(), max_len + 1);
                }
                return (messages, Some(error));
            }
            assert!(message.len() <= max_len);
            if *fin {
                messages.push(std::mem::take(&mut message));
            }
            if sleepy {
                decompressor.hibernate();
            }
        }
        (messages, None)
    };
    assert_eq!(run(true), run(false));
}

/// What we compress, we can decompress.
fn round_trip(config: &DeflateConfig, frames: &[(bool, &[u8])]) {
    let mut compressor = Compressor::new(config);
    let mut decompressor = Decompressor::new(config);
    let (mut sent, mut received) = (Vec::new(), Vec::new());
    for (fin, data) in frames {
        let mut payload = Vec::new();
        compressor.compress(data, *fin, &mut payload);
        sent.extend_from_slice(data);
        let result = decompressor.decompress(&payload, *fin, usize::MAX, &mut received);
        assert_eq!(result, Ok(()));
        if *fin {
            assert_eq!(sent, received);
            sent.clear();
            received.clear();
            compressor.release();
        }
    }
}
