//! A second opinion on deflate data: RFC 1951 read bit by bit, slowly, sharing no code with the
//! engine.

/// What a stream of blocks decoded to.
pub(crate) struct Decoded {
    /// The data, without the dictionary.
    pub(crate) data: Vec<u8>,
    /// The longest distance that was referred back.
    pub(crate) max_distance: usize,
}

/// Decodes blocks until the input ends. `dictionary` is what may be referred to before the start.
/// `None`: not deflate data, or the input ends inside a block.
pub(crate) fn reference_inflate(input: &[u8], dictionary: &[u8]) -> Option<Decoded> {
    let mut decoder = Decoder {
        bits: Bits { input, position: 0 },
        output: dictionary.to_vec(),
        max_distance: 0,
    };
    while decoder.bits.position + 3 <= input.len() * 8 {
        let is_final = decoder.bits.take(1)? == 1;
        match decoder.bits.take(2)? {
            0 => decoder.stored()?,
            1 => decoder.compressed(&fixed_literals(), &Huffman::new(&[5; 30]))?,
            2 => decoder.dynamic()?,
            _ => return None,
        }
        if is_final {
            decoder.bits.align();
        }
    }
    Some(Decoded {
        data: decoder.output.split_off(dictionary.len()),
        max_distance: decoder.max_distance,
    })
}

struct Bits<'a> {
    input: &'a [u8],
    position: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Option<usize> {
        let mut value = 0;
        for shift in 0..count {
            let byte = *self.input.get(self.position / 8)?;
            value |= usize::from(byte >> (self.position % 8) & 1) << shift;
            self.position += 1;
        }
        Some(value)
    }

    fn align(&mut self) {
        self.position = self.position.next_multiple_of(8);
    }
}

/// Canonical code: how many codes there are of each length, and the symbols in order of code.
struct Huffman {
    counts: [usize; 16],
    symbols: Vec<usize>,
}

impl Huffman {
    fn new(lengths: &[usize]) -> Self {
        let mut counts = [0; 16];
        let mut symbols = Vec::new();
        for (length, count) in counts.iter_mut().enumerate().skip(1) {
            let of_length = (0..lengths.len()).filter(|&symbol| lengths[symbol] == length);
            let before = symbols.len();
            symbols.extend(of_length);
            *count = symbols.len() - before;
        }
        Self { counts, symbols }
    }

    fn read(&self, bits: &mut Bits<'_>) -> Option<usize> {
        let (mut code, mut first, mut index) = (0, 0, 0);
        for count in &self.counts[1..] {
            code |= bits.take(1)?;
            if code < first + count {
                return Some(self.symbols[index + code - first]);
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}

fn fixed_literals() -> Huffman {
    let mut lengths = [8; 288];
    lengths[144..256].fill(9);
    lengths[256..280].fill(7);
    Huffman::new(&lengths)
}

struct Decoder<'a> {
    bits: Bits<'a>,
    output: Vec<u8>,
    max_distance: usize,
}

impl Decoder<'_> {
    fn stored(&mut self) -> Option<()> {
        self.bits.align();
        let len = self.bits.take(16)?;
        if self.bits.take(16)? != len ^ 0xffff {
            return None;
        }
        for _ in 0..len {
            let byte = self.bits.take(8)?;
            self.output.push(byte as u8);
        }
        Some(())
    }

    fn dynamic(&mut self) -> Option<()> {
        const ORDER: [usize; 19] = [
            16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
        ];
        let literals = self.bits.take(5)? + 257;
        let distances = self.bits.take(5)? + 1;
        let code_lengths = self.bits.take(4)? + 4;
        let mut lengths = [0; 19];
        for &symbol in &ORDER[..code_lengths] {
            lengths[symbol] = self.bits.take(3)?;
        }
        let code = Huffman::new(&lengths);
        let mut lengths = Vec::new();
        while lengths.len() < literals + distances {
            let (value, repeat) = match code.read(&mut self.bits)? {
                16 => (*lengths.last()?, 3 + self.bits.take(2)?),
                17 => (0, 3 + self.bits.take(3)?),
                18 => (0, 11 + self.bits.take(7)?),
                length => (length, 1),
            };
            lengths.resize(lengths.len() + repeat, value);
        }
        let (literals, distances) = lengths.split_at(literals);
        self.compressed(&Huffman::new(literals), &Huffman::new(distances))
    }

    fn compressed(&mut self, literals: &Huffman, distances: &Huffman) -> Option<()> {
        loop {
            match literals.read(&mut self.bits)? {
                byte @ 0..=255 => self.output.push(byte as u8),
                256 => return Some(()),
                symbol => {
                    let len = self.extended(symbol - 257, 4, 3)?;
                    let len = if symbol == 285 { 258 } else { len };
                    let symbol = distances.read(&mut self.bits)?;
                    let distance = self.extended(symbol, 2, 1)?;
                    self.copy(distance, len)?;
                }
            }
        }
    }

    /// The value of a length or distance symbol. `group` symbols in a row have the same number of
    /// extra bits; `base` is the value of symbol 0 (RFC 1951 section 3.2.5).
    fn extended(&mut self, symbol: usize, group: usize, base: usize) -> Option<usize> {
        if symbol == 28 && group == 4 {
            return Some(0);
        }
        if symbol < 2 * group {
            return Some(base + symbol);
        }
        let extra = symbol / group - 1;
        let start = base + ((group + symbol % group) << extra);
        Some(start + self.bits.take(extra)?)
    }

    fn copy(&mut self, distance: usize, len: usize) -> Option<()> {
        self.max_distance = self.max_distance.max(distance);
        for _ in 0..len {
            let from = self.output.len().checked_sub(distance)?;
            self.output.push(self.output[from]);
        }
        Some(())
    }
}
