//! Blocks (RFC 1951 section 3.2.3): each is written in the form that takes least room.

use super::{
    bits::{BitWriter, Room},
    huffman::{Code, cost},
    symbols::{DISTANCES, END_OF_BLOCK, LITERALS, Symbols, distance_extra_bits, length_extra_bits},
    token_codes::TokenCodes,
};

/// Appends a block. `raw` is what `symbols` stand for.
pub(super) fn write(symbols: &Symbols, raw: &[u8], writer: &mut BitWriter<'_>) {
    let literals = Code::for_frequencies(&symbols.literals, MAX_CODE_BITS);
    let distances = Code::for_frequencies(&symbols.distances, MAX_CODE_BITS);
    let header = Header::new(&literals, &distances);
    let extra = extra_bits(symbols);
    let dynamic = header.cost()
        + cost(&literals.lengths, &symbols.literals)
        + cost(&distances.lengths, &symbols.distances)
        + extra;
    let fixed = cost(&FIXED_LITERAL_LENGTHS, &symbols.literals)
        + cost(&FIXED_DISTANCE_LENGTHS, &symbols.distances)
        + extra;
    let stored = (raw.len() as u64 + STORED_OVERHEAD) * 8;
    if stored < dynamic.min(fixed) {
        write_stored(raw, writer);
    } else if fixed <= dynamic {
        writer.put(FIXED << 1, 3);
        let literals = Code::for_lengths(FIXED_LITERAL_LENGTHS);
        let distances = Code::for_lengths(FIXED_DISTANCE_LENGTHS);
        writer.with_room(fixed, |room| {
            write_tokens(symbols, &literals, &distances, room);
        });
    } else {
        writer.put(DYNAMIC << 1, 3);
        header.write(writer);
        writer.with_room(dynamic, |room| {
            write_tokens(symbols, &literals, &distances, room);
        });
    }
}

/// Appends the empty stored block that makes everything before it readable.
pub(super) fn write_sync_flush(writer: &mut BitWriter<'_>) {
    write_stored(&[], writer);
}

fn write_stored(raw: &[u8], writer: &mut BitWriter<'_>) {
    let mut rest = raw;
    loop {
        let (part, later) = rest.split_at(rest.len().min(MAX_STORED));
        let len = part.len() as u16;
        writer.put(STORED << 1, 3);
        writer.put_bytes(&len.to_le_bytes());
        writer.put_bytes(&(!len).to_le_bytes());
        writer.put_bytes(part);
        rest = later;
        if rest.is_empty() {
            return;
        }
    }
}

fn extra_bits(symbols: &Symbols) -> u64 {
    let (_, lengths) = symbols.literals.split_at(END_OF_BLOCK + 1);
    let bits = |counts: &[u32], bits: fn(usize) -> u32| -> u64 {
        let counts = counts.iter().enumerate();
        counts
            .map(|(symbol, &count)| u64::from(count) * u64::from(bits(symbol)))
            .sum()
    };
    bits(lengths, length_extra_bits) + bits(&symbols.distances, distance_extra_bits)
}

fn write_tokens(
    symbols: &Symbols,
    literals: &Code<LITERALS>,
    distances: &Code<DISTANCES>,
    room: &mut Room<'_>,
) {
    let codes = TokenCodes::new(literals, distances);
    for &token in &symbols.tokens {
        codes.write(token, room);
    }
    let (code, bits) = literals.get(END_OF_BLOCK);
    room.put(code.into(), bits);
}

/// The description of a dynamic block's codes (section 3.2.7).
struct Header {
    literals: usize,
    distances: usize,
    /// Code lengths and repetitions of them, with their extra bits.
    steps: [(u8, u8); LITERALS + DISTANCES],
    step_count: usize,
    frequencies: [u32; LENGTH_SYMBOLS],
    code: Code<LENGTH_SYMBOLS>,
    /// How many lengths of `code` are written.
    code_lengths: usize,
}

impl Header {
    fn new(literals: &Code<LITERALS>, distances: &Code<DISTANCES>) -> Self {
        let literal_count = literals.used();
        let distance_count = distances.used();
        let mut lengths = [0; LITERALS + DISTANCES];
        lengths[..literal_count].copy_from_slice(&literals.lengths[..literal_count]);
        let end = literal_count + distance_count;
        lengths[literal_count..end].copy_from_slice(&distances.lengths[..distance_count]);

        let mut header = Self {
            literals: literal_count,
            distances: distance_count,
            steps: [(0, 0); LITERALS + DISTANCES],
            step_count: 0,
            frequencies: [0; LENGTH_SYMBOLS],
            code: Code::for_lengths([0; LENGTH_SYMBOLS]),
            code_lengths: 0,
        };
        for run in lengths[..end].chunk_by(|a, b| a == b) {
            header.push_run(run[0], run.len());
        }
        header.code = Code::for_frequencies(&header.frequencies, MAX_LENGTH_CODE_BITS);
        let used = |&symbol: &usize| header.code.lengths[symbol] > 0;
        header.code_lengths = LENGTH_ORDER
            .iter()
            .rposition(used)
            .map_or(4, |last| last + 1)
            .max(4);
        header
    }

    /// `count` equal lengths in a row.
    fn push_run(&mut self, length: u8, count: usize) {
        let mut count = count;
        if length > 0 {
            self.push(length, 0);
            count -= 1;
        }
        while count >= 3 {
            let (symbol, taken) = match (length, count) {
                (0, 11..) => (REPEAT_ZERO_LONG, count.min(138)),
                (0, _) => (REPEAT_ZERO, count),
                _ => (REPEAT_PREVIOUS, count.min(6)),
            };
            let least = if symbol == REPEAT_ZERO_LONG { 11 } else { 3 };
            self.push(symbol, (taken - least) as u8);
            count -= taken;
        }
        for _ in 0..count {
            self.push(length, 0);
        }
    }

    fn push(&mut self, symbol: u8, extra: u8) {
        self.steps[self.step_count] = (symbol, extra);
        self.step_count += 1;
        self.frequencies[usize::from(symbol)] += 1;
    }

    fn cost(&self) -> u64 {
        let repetitions = |symbol| u64::from(self.frequencies[usize::from(symbol)]);
        let extra = 2 * repetitions(REPEAT_PREVIOUS)
            + 3 * repetitions(REPEAT_ZERO)
            + 7 * repetitions(REPEAT_ZERO_LONG);
        14 + 3 * self.code_lengths as u64 + cost(&self.code.lengths, &self.frequencies) + extra
    }

    fn write(&self, writer: &mut BitWriter<'_>) {
        writer.put((self.literals - 257) as u32, 5);
        writer.put((self.distances - 1) as u32, 5);
        writer.put((self.code_lengths - 4) as u32, 4);
        for &symbol in &LENGTH_ORDER[..self.code_lengths] {
            writer.put(self.code.lengths[symbol].into(), 3);
        }
        for &(symbol, extra) in &self.steps[..self.step_count] {
            let (code, bits) = self.code.get(symbol.into());
            writer.put(code, bits);
            let extra_bits = match symbol {
                REPEAT_PREVIOUS => 2,
                REPEAT_ZERO => 3,
                REPEAT_ZERO_LONG => 7,
                _ => 0,
            };
            writer.put(extra.into(), extra_bits);
        }
    }
}

// Types of blocks. The bit before them, BFINAL, is never set.
const STORED: u32 = 0;
const FIXED: u32 = 1;
const DYNAMIC: u32 = 2;

/// Longest stored block.
const MAX_STORED: usize = 0xffff;
/// Bytes that a stored block takes beside its content, at most.
const STORED_OVERHEAD: u64 = 5;

const MAX_CODE_BITS: usize = 15;
const MAX_LENGTH_CODE_BITS: usize = 7;
const FIXED_DISTANCE_LENGTHS: [u8; DISTANCES] = [5; DISTANCES];

/// Section 3.2.6.
const FIXED_LITERAL_LENGTHS: [u8; LITERALS] = {
    let mut lengths = [8; LITERALS];
    let mut symbol = 144;
    while symbol < 280 {
        lengths[symbol] = if symbol < 256 { 9 } else { 7 };
        symbol += 1;
    }
    lengths
};

const LENGTH_SYMBOLS: usize = 19;
const REPEAT_PREVIOUS: u8 = 16;
const REPEAT_ZERO: u8 = 17;
const REPEAT_ZERO_LONG: u8 = 18;
/// Order in which the lengths of the code for lengths are written.
const LENGTH_ORDER: [usize; LENGTH_SYMBOLS] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];
