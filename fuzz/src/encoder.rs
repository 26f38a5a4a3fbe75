//! Our deflate encoder against inflaters that share no code with it.
//!
//! Input: two bytes of choices, then messages: a byte that says how a piece is made and whether it
//! ends its message, then what it is made of.

use flate2::{Decompress, FlushDecompress};
use oxws::proto::extension::{
    deflate::Compressor,
    permessage_deflate::{DeflateConfig, Direction, Effort},
};

use crate::{Input, reference_inflate};

/// See the module.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let (first, second) = (input.byte(), input.byte());
    let direction = Direction {
        window_bits: 8 + (first & 7),
        context_takeover: first & 8 == 0,
    };
    let config = DeflateConfig {
        send: direction,
        effort: Effort {
            level: 1 + second % 9,
            mem_level: 1 + second / 9 % 9,
            ..Effort::default()
        },
        ..DeflateConfig::default()
    };
    let mut compressor = Compressor::new(&config);
    let mut stream = Stream::new(direction.context_takeover);
    let (mut message, mut payload) = (Vec::new(), Vec::new());
    while !input.0.is_empty() && stream.sent.len() < MAX_BYTES {
        let choices = input.byte();
        let piece = make_piece(choices, &mut input, &stream.sent);
        let fin = choices & 1 != 0;
        compressor.compress(&piece, fin, &mut payload);
        message.extend(piece);
        if fin {
            stream.check(&payload, &message, 1 << direction.window_bits);
            message.clear();
            payload.clear();
        }
        if choices & 2 != 0 {
            compressor.release();
        }
    }
}

/// Bytes as they are, repeated, or once more what was sent before.
fn make_piece(choices: u8, input: &mut Input<'_>, sent: &[u8]) -> Vec<u8> {
    let size = usize::from(input.byte());
    match choices >> 2 & 3 {
        0 => input.bytes(size).to_vec(),
        1 => {
            let count = usize::from(input.byte());
            input.bytes(size & 0x1f).repeat(count)
        }
        2 => {
            let distance = usize::from(input.byte()) << 7 | usize::from(choices >> 4);
            let start = sent.len().saturating_sub(distance);
            sent[start..].iter().copied().take(size * 8).collect()
        }
        _ => {
            // Noise with few different bytes, which makes codes of many lengths.
            let mut state = u32::from(input.byte()) | 1;
            let mask = u32::from(choices >> 4) << 2 | 3;
            (0..size * 16)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24 & mask & (state >> 16)) as u8
                })
                .collect()
        }
    }
}

/// What a peer has.
struct Stream {
    context_takeover: bool,
    inflater: Decompress,
    sent: Vec<u8>,
}

impl Stream {
    fn new(context_takeover: bool) -> Self {
        Self {
            context_takeover,
            inflater: Decompress::new(false),
            sent: Vec::new(),
        }
    }

    fn check(&mut self, payload: &[u8], message: &[u8], window: usize) {
        if !self.context_takeover {
            self.inflater.reset(false);
            self.sent.clear();
        }
        let mut blocks = payload.to_vec();
        blocks.extend([0, 0, 0xff, 0xff]);
        let mut out = Vec::with_capacity(message.len() + 64);
        let used = self.inflater.total_in();
        self.inflater
            .decompress_vec(&blocks, &mut out, FlushDecompress::Sync)
            .expect("it is deflate data");
        assert_eq!(self.inflater.total_in() - used, blocks.len() as u64);
        assert_eq!(out, message);
        let decoded = reference_inflate(&blocks, &self.sent).expect("it is deflate data");
        assert_eq!(decoded.data, message);
        assert!(decoded.max_distance <= window);
        self.sent.extend_from_slice(message);
    }
}

/// Past a window, and not so much that it is slow.
const MAX_BYTES: usize = 100 * 1024;
