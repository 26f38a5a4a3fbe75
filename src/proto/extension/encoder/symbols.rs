//! The symbols that deflate data is made of (RFC 1951 section 3.2.5).

/// Symbols for literals, the end of a block, and lengths. The last two stand for nothing, but the
/// fixed code has room for them.
pub(super) const LITERALS: usize = 288;
/// Symbols for distances.
pub(super) const DISTANCES: usize = 30;
pub(super) const END_OF_BLOCK: usize = 256;
/// The symbol for the longest length.
const LONGEST: usize = 285;

/// Values of a literal byte.
pub(super) const LITERAL_BYTES: usize = 256;
/// What a literal has instead of a distance: more than the longest.
const NO_DISTANCE: u32 = 0xffff;

pub(super) const MIN_MATCH: usize = 3;
pub(super) const MAX_MATCH: usize = 258;

/// A literal byte, or a length and a distance back. In a form that can be coded without a branch:
/// which of both comes next cannot be foreseen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token(u32);

impl Token {
    #[inline]
    fn literal(byte: u8) -> Self {
        Self(u32::from(byte) << 16 | NO_DISTANCE)
    }

    #[inline]
    fn repetition(len: usize, distance: usize) -> Self {
        Self(((LITERAL_BYTES + len - MIN_MATCH) as u32) << 16 | (distance - 1) as u32)
    }

    /// The byte, or [`LITERAL_BYTES`] more than the length exceeds the shortest.
    #[inline]
    pub(super) fn first(self) -> usize {
        (self.0 >> 16) as usize
    }

    /// One less than the distance, or [`NO_DISTANCE`].
    #[inline]
    pub(super) fn second(self) -> u32 {
        self.0 & 0xffff
    }
}

/// The content of a block, and how often each symbol is in it.
#[derive(Debug)]
pub(in crate::proto::extension) struct Symbols {
    pub(super) tokens: Vec<Token>,
    pub(super) literals: [u32; LITERALS],
    pub(super) distances: [u32; DISTANCES],
}

impl Default for Symbols {
    fn default() -> Self {
        Self {
            tokens: Vec::new(),
            literals: [0; LITERALS],
            distances: [0; DISTANCES],
        }
    }
}

impl Symbols {
    pub(super) fn clear(&mut self) {
        self.tokens.clear();
        self.literals = [0; LITERALS];
        self.distances = [0; DISTANCES];
        self.count_literal(END_OF_BLOCK);
    }

    /// Whether the block should end: the statistics of what follows may be others.
    pub(super) fn is_full(&self) -> bool {
        self.tokens.len() >= BLOCK_TOKENS
    }

    #[inline]
    pub(super) fn push_literal(&mut self, byte: u8) {
        self.tokens.push(Token::literal(byte));
        self.count_literal(byte.into());
    }

    /// `len` bytes that also stand `distance` bytes earlier.
    #[inline]
    pub(super) fn push_match(&mut self, len: usize, distance: usize) {
        self.tokens.push(Token::repetition(len, distance));
        self.count_literal(length_code(len).symbol);
        if let Some(count) = self
            .distances
            .get_mut(distance_code((distance - 1) as u32).symbol)
        {
            *count += 1;
        }
    }

    #[inline]
    fn count_literal(&mut self, symbol: usize) {
        if let Some(count) = self.literals.get_mut(symbol) {
            *count += 1;
        }
    }
}

/// A symbol and the extra bits behind it.
pub(super) struct Coded {
    pub(super) symbol: usize,
    pub(super) extra: u32,
    pub(super) extra_bits: u32,
}

/// How a length of 3 to 258 is coded.
#[inline]
pub(super) const fn length_code(len: usize) -> Coded {
    if len == MAX_MATCH {
        return Coded {
            symbol: LONGEST,
            extra: 0,
            extra_bits: 0,
        };
    }
    let coded = exponential_code((len - MIN_MATCH) as u32, 2);
    Coded {
        symbol: END_OF_BLOCK + 1 + coded.symbol,
        extra: coded.extra,
        extra_bits: coded.extra_bits,
    }
}

/// How a distance is coded that is one more than `value`. [`NO_DISTANCE`] has a symbol that stands
/// for nothing.
#[inline]
pub(super) const fn distance_code(value: u32) -> Coded {
    exponential_code(value, 1)
}

/// Both alphabets are made alike: symbols come in groups of 2^`group_bits` with the same number of
/// extra bits. The first two groups have none, each later one has one more than the one before.
#[inline]
const fn exponential_code(value: u32, group_bits: u32) -> Coded {
    let extra_bits = (31 - (value | 1).leading_zeros()).saturating_sub(group_bits);
    Coded {
        symbol: ((extra_bits << group_bits) + (value >> extra_bits)) as usize,
        extra: value & ((1 << extra_bits) - 1),
        extra_bits,
    }
}

/// Extra bits of the symbol for a length, counted from the first such symbol.
pub(super) fn length_extra_bits(index: usize) -> u32 {
    match index {
        28.. => 0,
        index => (index as u32 / 4).saturating_sub(1),
    }
}

/// Extra bits of the symbol for a distance.
pub(super) fn distance_extra_bits(symbol: usize) -> u32 {
    (symbol as u32 / 2).saturating_sub(1)
}

/// Tokens in a block; as many as zlib puts into one.
const BLOCK_TOKENS: usize = 16 * 1024;
