//! Prefix codes (RFC 1951 section 3.2.2).

/// A code for the symbols below `N`.
#[derive(Debug)]
pub(super) struct Code<const N: usize> {
    /// Bits of each symbol's code; 0 for symbols that do not occur.
    pub(super) lengths: [u8; N],
    /// The codes, their first bit lowest.
    codes: [u16; N],
}

impl<const N: usize> Code<N> {
    /// The best code for symbols that occur so often, with at most `max_bits` bits.
    pub(super) fn for_frequencies(frequencies: &[u32; N], max_bits: usize) -> Self {
        Self::for_lengths(code_lengths(frequencies, max_bits))
    }

    /// The code with these lengths.
    pub(super) fn for_lengths(lengths: [u8; N]) -> Self {
        let mut next = first_codes(&lengths);
        let mut codes = [0; N];
        for (code, &length) in codes.iter_mut().zip(&lengths) {
            if let (1.., Some(next)) = (length, next.get_mut(usize::from(length))) {
                *code = next.reverse_bits() >> (16 - u32::from(length));
                *next += 1;
            }
        }
        Self { lengths, codes }
    }

    /// Code and number of bits of a symbol.
    #[inline]
    pub(super) fn get(&self, symbol: usize) -> (u32, u32) {
        match (self.codes.get(symbol), self.lengths.get(symbol)) {
            (Some(&code), Some(&length)) => (code.into(), length.into()),
            _ => (0, 0),
        }
    }

    /// One more than the last symbol that occurs.
    pub(super) fn used(&self) -> usize {
        let last = self.lengths.iter().rposition(|&length| length > 0);
        last.map_or(0, |last| last + 1)
    }
}

/// Bits that all symbols take together.
pub(super) fn cost(lengths: &[u8], frequencies: &[u32]) -> u64 {
    let pairs = frequencies.iter().zip(lengths);
    let bits: u32 = pairs
        .map(|(&frequency, &length)| frequency * u32::from(length))
        .sum();
    bits.into()
}

/// The first code of each length.
fn first_codes(lengths: &[u8]) -> [u16; MAX_BITS + 1] {
    let mut counts = [0_u16; MAX_BITS + 1];
    for &length in lengths {
        if let Some(count) = counts.get_mut(usize::from(length)) {
            *count += 1;
        }
    }
    let mut first = [0; MAX_BITS + 1];
    let mut code = 0;
    for (first, count) in first.iter_mut().zip(counts).skip(1) {
        *first = code;
        code = (code + count) << 1;
    }
    first
}

/// Huffman's algorithm, then shortened where codes are too long.
fn code_lengths<const N: usize>(frequencies: &[u32; N], max_bits: usize) -> [u8; N] {
    let mut sorted = [0; N];
    let sorted = sort_symbols(frequencies, &mut sorted);
    let mut counts = count_depths(sorted);
    limit_depths(&mut counts, max_bits);
    // The rarest symbols get the longest codes.
    let mut lengths = [0; N];
    let mut rarest_first = sorted.iter();
    for (depth, &count) in counts.iter().enumerate().rev() {
        for &key in rarest_first.by_ref().take(count) {
            lengths[symbol_of(key)] = depth as u8;
        }
    }
    lengths
}

/// The symbols that occur, each with its frequency in the upper bits, by frequency. There are at
/// least two, because not all decoders take a code of one.
fn sort_symbols<'a, const N: usize>(frequencies: &[u32; N], sorted: &'a mut [u32; N]) -> &'a [u32] {
    let mut count = 0;
    for (symbol, &frequency) in frequencies.iter().enumerate() {
        if frequency > 0 {
            sorted[count] = frequency << SYMBOL_BITS | symbol as u32;
            count += 1;
        }
    }
    let mut unused = (0..N).filter(|&symbol| frequencies[symbol] == 0);
    while count < 2 {
        sorted[count] = 1 << SYMBOL_BITS | unused.next().unwrap_or_default() as u32;
        count += 1;
    }
    let sorted = &mut sorted[..count];
    sorted.sort_unstable();
    sorted
}

fn symbol_of(key: u32) -> usize {
    (key & ((1 << SYMBOL_BITS) - 1)) as usize
}

/// Builds the tree and counts its leaves by depth.
fn count_depths(sorted: &[u32]) -> [usize; MAX_DEPTH + 1] {
    let leaves = sorted.len();
    // Leaves by weight, then inner nodes: they are made in order of weight, too.
    let mut weights = [0; 2 * MAX_SYMBOLS];
    let mut parents = [0_u16; 2 * MAX_SYMBOLS];
    for (weight, key) in weights.iter_mut().zip(sorted) {
        *weight = key >> SYMBOL_BITS;
    }
    let (mut leaf, mut inner) = (0, leaves);
    for node in leaves..2 * leaves - 1 {
        for _ in 0..2 {
            let take_leaf = leaf < leaves && (inner >= node || weights[leaf] <= weights[inner]);
            let next = if take_leaf { &mut leaf } else { &mut inner };
            weights[node] += weights[*next];
            parents[*next] = node as u16;
            *next += 1;
        }
    }
    // From the root down, a node's parent is looked at before it. Weights are not needed any more.
    let mut counts = [0; MAX_DEPTH + 1];
    let depths = &mut weights;
    depths[2 * leaves - 2] = 0;
    for node in (0..2 * leaves - 2).rev() {
        depths[node] = depths[usize::from(parents[node])] + 1;
        if node < leaves {
            counts[depths[node] as usize] += 1;
        }
    }
    counts
}

/// Moves leaves that are too deep up, and as many others down as that takes.
fn limit_depths(counts: &mut [usize; MAX_DEPTH + 1], max_bits: usize) {
    let (allowed, too_deep) = counts.split_at_mut(max_bits + 1);
    allowed[max_bits] += too_deep.iter().sum::<usize>();
    too_deep.fill(0);
    // In units of the longest code: what the codes take of the code space, and what there is.
    let taken = (1..=max_bits).map(|depth| allowed[depth] << (max_bits - depth));
    let mut excess = taken.sum::<usize>().saturating_sub(1 << max_bits);
    while excess > 0 {
        let Some(depth) = (1..max_bits).rev().find(|&depth| allowed[depth] > 0) else {
            return;
        };
        // A leaf becomes a node for itself and one of the deepest.
        allowed[depth] -= 1;
        allowed[depth + 1] += 2;
        allowed[max_bits] -= 1;
        excess -= 1;
    }
}

/// Longest code of deflate.
const MAX_BITS: usize = 15;
/// Symbols of the largest alphabet.
const MAX_SYMBOLS: usize = super::symbols::LITERALS;
const SYMBOL_BITS: u32 = 9;
/// A tree is not deeper, whatever the frequencies: their sum grows like Fibonacci's numbers.
const MAX_DEPTH: usize = 40;
