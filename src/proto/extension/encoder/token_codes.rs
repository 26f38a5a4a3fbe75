//! The codes of a block, as they are looked up for each token.

use super::{
    bits::Room,
    huffman::Code,
    symbols::{
        Coded, DISTANCES, LITERAL_BYTES, LITERALS, MAX_MATCH, MIN_MATCH, Token, distance_code,
        distance_extra_bits, length_code,
    },
};

/// Looks up tokens without a branch.
pub(super) struct TokenCodes<'a> {
    literals: &'a Code<LITERALS>,
    /// The symbols that stand for nothing have no bits.
    distances: [Distance; DISTANCE_VALUES],
}

/// The bits of a distance's symbol, and how many follow.
#[derive(Clone, Copy, Default)]
struct Distance {
    code: u16,
    bits: u8,
    extra_bits: u8,
}

impl<'a> TokenCodes<'a> {
    pub(super) fn new(literals: &'a Code<LITERALS>, distances: &Code<DISTANCES>) -> Self {
        let mut entries = [Distance::default(); DISTANCE_VALUES];
        for (symbol, entry) in entries.iter_mut().enumerate().take(DISTANCES) {
            let (code, bits) = distances.get(symbol);
            *entry = Distance {
                code: code as u16,
                bits: bits as u8,
                extra_bits: distance_extra_bits(symbol) as u8,
            };
        }
        Self {
            literals,
            distances: entries,
        }
    }

    /// Appends a token.
    #[inline(always)]
    pub(super) fn write(&self, token: Token, room: &mut Room<'_>) {
        let first = FIRSTS[token.first() % FIRSTS.len()];
        let (code, bits) = self.literals.get(first.symbol.into());
        let first_value = code | u32::from(first.extra) << bits;
        let first_bits = bits + u32::from(first.extra_bits);

        let coded = distance_code(token.second());
        let second = self.distances[coded.symbol % DISTANCE_VALUES];
        let extra = token.second() & !(u32::MAX << second.extra_bits);
        let second_value = u64::from(second.code) | u64::from(extra) << second.bits;
        let second_bits = u32::from(second.bits) + u32::from(second.extra_bits);

        room.put(
            u64::from(first_value) | second_value << first_bits,
            first_bits + second_bits,
        );
    }
}

/// How the first part of a token is coded.
#[derive(Clone, Copy)]
struct First {
    symbol: u16,
    extra: u8,
    extra_bits: u8,
}

/// By [`Token::first`].
static FIRSTS: [First; 2 * LITERAL_BYTES] = {
    let mut firsts = [First {
        symbol: 0,
        extra: 0,
        extra_bits: 0,
    }; 2 * LITERAL_BYTES];
    let mut byte = 0;
    while byte < LITERAL_BYTES {
        firsts[byte].symbol = byte as u16;
        byte += 1;
    }
    let mut len = MIN_MATCH;
    while len <= MAX_MATCH {
        let Coded {
            symbol,
            extra,
            extra_bits,
        } = length_code(len);
        firsts[LITERAL_BYTES + len - MIN_MATCH] = First {
            symbol: symbol as u16,
            extra: extra as u8,
            extra_bits: extra_bits as u8,
        };
        len += 1;
    }
    firsts
};

/// Symbols that [`distance_code`] can give.
const DISTANCE_VALUES: usize = 32;
