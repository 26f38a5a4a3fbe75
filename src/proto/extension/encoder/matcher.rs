//! Finds repetitions (RFC 1951 section 4).
//!
//! Two tables lead to earlier places with the same bytes: one to the last place with the same four
//! bytes, one to a chain of all places with the same six. Table entries are the lower 16 bits of a
//! place, counted from the start of the stream. They are never cleared or moved: an entry that is
//! out of date leads to a place that is compared in vain.

use super::{
    Search,
    symbols::{MAX_MATCH, Symbols},
};

/// The window and the tables over it.
pub(super) struct Matcher {
    /// The latest bytes, followed by room for more.
    window: Vec<u8>,
    /// End of the bytes in `window`.
    end: usize,
    /// First byte in `window` that is not in the tables.
    indexed: usize,
    /// Place in the stream of the first byte of `window`.
    base: u16,
    /// Longest distance back.
    max_distance: usize,
    /// Distance of the last repetition.
    last_distance: usize,
    /// Counts the places that were searched for.
    pub(super) searches: usize,
    last_of_four: Box<[u16]>,
    last_of_six: Box<[u16]>,
    /// The place before each place of the window in its chain.
    chain: Box<[u16]>,
}

/// A repetition: `len` bytes that also stand `distance` bytes earlier.
#[derive(Clone, Copy, Default)]
struct Match {
    len: usize,
    distance: usize,
}

/// A place that a match is looked for.
#[derive(Clone, Copy)]
struct Spot {
    at: usize,
    /// Longest match that may be used here.
    max_len: usize,
    /// Longest distance that may be used here.
    farthest: usize,
}

/// Earlier places, as the tables have them.
#[derive(Clone, Copy)]
struct Candidates {
    four: u16,
    six: u16,
}

impl Matcher {
    pub(super) fn new(window_bits: u8, mem_level: u8) -> Self {
        let window_len = 1 << window_bits;
        let hash_bits = u32::from(window_bits.min(mem_level + 5)).max(MIN_HASH_BITS);
        let table = |bits: u32| vec![0; 1 << bits].into_boxed_slice();
        Self {
            window: Vec::new(),
            end: 0,
            indexed: 0,
            base: 0,
            max_distance: window_len - 1,
            last_distance: 0,
            searches: 0,
            last_of_four: table(hash_bits - 1),
            last_of_six: table(hash_bits),
            chain: table(window_bits.into()),
        }
    }

    /// Most bytes that `parse` takes at a time.
    pub(super) fn piece_len(&self) -> usize {
        (self.chain.len() / 2).max(MIN_PIECE)
    }

    /// Forgets everything. Entries of the tables that remain lead to places before the window.
    pub(super) fn forget(&mut self) {
        self.base = self.base.wrapping_add(self.end as u16);
        self.end = 0;
        self.indexed = 0;
        self.last_distance = 0;
    }

    pub(super) fn set_dictionary(&mut self, dictionary: &[u8]) {
        let start = dictionary.len().saturating_sub(self.max_distance);
        for piece in dictionary[start..].chunks(self.piece_len()) {
            self.append(piece);
            self.index_until(self.end);
        }
    }

    /// Appends the symbols for `piece`.
    pub(super) fn parse(&mut self, piece: &[u8], search: Search, symbols: &mut Symbols) {
        let mut at = self.append(piece);
        self.index_until(at);
        let mut next = Match::default();
        while at < self.end {
            let found = match std::mem::take(&mut next) {
                Match { len: 0, .. } => self.find(at, MIN_LEN - 1, search.depth, search.nice_len),
                found => found,
            };
            if found.len == 0 {
                symbols.push_literal(self.window[at]);
                at += 1;
                continue;
            }
            if search.lazy && found.len < LAZY_LEN {
                next = self.find_better(at + 1, found, search);
                if next.len > 0 {
                    symbols.push_literal(self.window[at]);
                    at += 1;
                    continue;
                }
            }
            symbols.push_match(found.len, found.distance);
            self.last_distance = found.distance;
            at += found.len;
            self.index_until(at);
        }
    }

    /// A match at the next place that is worth a literal more than `found`.
    #[inline]
    fn find_better(&mut self, at: usize, found: Match, search: Search) -> Match {
        let depth = if found.len >= GOOD_LEN {
            search.depth / 4
        } else {
            search.depth / 2
        };
        let next = self.find(at, found.len - 1, depth, search.nice_len);
        if next.len == 0 {
            return next;
        }
        // A byte more is worth about four bits, twice the distance one.
        let bits = |found: Match| 4 * found.len as i32 - found.distance.ilog2() as i32;
        if bits(next) > bits(found) + 2 {
            next
        } else {
            Match::default()
        }
    }

    /// The longest match at a place, which comes into the tables; of length 0 if there is none
    /// longer than `min_len`.
    #[inline]
    fn find(&mut self, at: usize, min_len: usize, depth: u32, nice_len: usize) -> Match {
        let spot = Spot {
            at,
            max_len: MAX_MATCH.min(self.end - at),
            farthest: self.max_distance.min(at),
        };
        let candidates = if spot.max_len >= HASHED {
            self.searches += 1;
            self.indexed = at + 1;
            self.index(at)
        } else if spot.max_len > min_len {
            self.candidates_at_end(at)
        } else {
            return Match::default();
        };
        let mut best = Match {
            len: min_len,
            distance: 0,
        };
        let nice_len = nice_len.min(spot.max_len);
        self.compare_recent(spot, candidates.four, &mut best);
        if best.len < nice_len {
            self.compare_chain(spot, candidates.six, depth, nice_len, &mut best);
        }
        if best.distance == 0 {
            Match::default()
        } else {
            best
        }
    }

    /// Compares with the place at the last distance and with the last one with the same bytes.
    #[inline]
    fn compare_recent(&self, spot: Spot, four: u16, best: &mut Match) {
        let four = self.distance(spot.at, four);
        for distance in [self.last_distance, four] {
            if distance.wrapping_sub(1) < spot.farthest {
                let len = spot.common_len(&self.window, distance);
                if len > best.len {
                    *best = Match { len, distance };
                }
            }
        }
    }

    /// Compares with the places of a chain, latest first, until one is as long as `nice_len`.
    #[inline]
    fn compare_chain(&self, spot: Spot, first: u16, depth: u32, nice_len: usize, best: &mut Match) {
        let (window, chain) = (&self.window[..], &self.chain[..]);
        let mask = chain.len() - 1;
        let here = self.place(spot.at);
        let mut distance = self.distance(spot.at, first);
        let mut nearest = 0;
        let mut end = four_bytes(window, spot.at + best.len - 3);
        for _ in 0..depth {
            if distance <= nearest || distance > spot.farthest {
                return;
            }
            // A longer match has to have the byte behind the best one, too.
            if four_bytes(window, spot.at - distance + best.len - 3) == end {
                let len = spot.common_len(window, distance);
                if len > best.len {
                    *best = Match { len, distance };
                    if len >= nice_len {
                        return;
                    }
                    end = four_bytes(window, spot.at + len - 3);
                }
            }
            nearest = distance;
            let before = here.wrapping_sub(distance as u16);
            distance = here.wrapping_sub(chain[usize::from(before) & mask]).into();
        }
    }

    /// What is known of a place too close to the end to be indexed.
    fn candidates_at_end(&self, at: usize) -> Candidates {
        let four = hash_of_four(eight_bytes(&self.window, at), &self.last_of_four);
        Candidates {
            four: self.last_of_four[four],
            six: self.place(at),
        }
    }

    /// Puts the place of a byte into the tables; returns what was there.
    #[inline]
    fn index(&mut self, at: usize) -> Candidates {
        let bytes = eight_bytes(&self.window, at);
        let place = self.place(at);
        let four = hash_of_four(bytes, &self.last_of_four);
        let six = hash_of_six(bytes, &self.last_of_six);
        let candidates = Candidates {
            four: std::mem::replace(&mut self.last_of_four[four], place),
            six: std::mem::replace(&mut self.last_of_six[six], place),
        };
        let mask = self.chain.len() - 1;
        self.chain[usize::from(place) & mask] = candidates.six;
        candidates
    }

    /// Indexes the places before `at` that are not, as far as the bytes behind them are known.
    #[inline]
    fn index_until(&mut self, at: usize) {
        let until = at.min((self.end + 1).saturating_sub(HASHED));
        while self.indexed < until {
            self.index(self.indexed);
            self.indexed += 1;
        }
    }

    /// Reads everything once, in order. After a turn of many other connections nothing of it is in
    /// the CPU's caches, and in order it comes several times as fast as a search would fetch it.
    pub(super) fn fetch(&self) {
        let window = &self.window[..self.end];
        let chain = &self.chain[..self.chain.len().min(self.end)];
        let mut sum = 0;
        for line in window.chunks(CACHE_LINE) {
            sum ^= u16::from(line[0]);
        }
        for table in [chain, &self.last_of_four, &self.last_of_six] {
            for line in table.chunks(CACHE_LINE / size_of::<u16>()) {
                sum ^= line[0];
            }
        }
        std::hint::black_box(sum);
    }

    /// Appends bytes to the window; returns where they begin.
    fn append(&mut self, piece: &[u8]) -> usize {
        let piece_len = piece.len();
        if self.end + piece_len > self.max_distance + self.piece_len() {
            self.slide();
        }
        let wanted = self.end + piece_len + PADDING;
        if self.window.len() < wanted {
            let most = self.max_distance + self.piece_len() + PADDING;
            self.window.resize(wanted.next_power_of_two().min(most), 0);
        }
        let start = self.end;
        self.end += piece_len;
        self.window[start..self.end].copy_from_slice(piece);
        start
    }

    /// Drops the bytes that cannot be referred to any more.
    fn slide(&mut self) {
        let dropped = self.end.saturating_sub(self.max_distance);
        self.window.copy_within(dropped..self.end, 0);
        self.end -= dropped;
        self.indexed = self.indexed.saturating_sub(dropped);
        self.base = self.base.wrapping_add(dropped as u16);
    }

    #[inline]
    fn place(&self, at: usize) -> u16 {
        self.base.wrapping_add(at as u16)
    }

    /// How far back an entry leads; 0 if it leads nowhere.
    #[inline]
    fn distance(&self, at: usize, entry: u16) -> usize {
        self.place(at).wrapping_sub(entry).into()
    }
}

impl Spot {
    /// How many bytes here are the same as `distance` bytes earlier.
    #[inline]
    fn common_len(self, window: &[u8], distance: usize) -> usize {
        let mut len = 0;
        while len < self.max_len {
            let here = eight_bytes(window, self.at + len);
            let difference = here ^ eight_bytes(window, self.at + len - distance);
            if difference != 0 {
                len += difference.trailing_zeros() as usize / 8;
                break;
            }
            len += 8;
        }
        len.min(self.max_len)
    }
}

#[inline]
fn four_bytes(window: &[u8], at: usize) -> u32 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&window[at..at + 4]);
    u32::from_le_bytes(bytes)
}

#[inline]
fn eight_bytes(window: &[u8], at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&window[at..at + 8]);
    u64::from_le_bytes(bytes)
}

#[inline]
fn hash_of_four(bytes: u64, table: &[u16]) -> usize {
    hash(bytes << 32, table)
}

#[inline]
fn hash_of_six(bytes: u64, table: &[u16]) -> usize {
    hash(bytes << 16, table)
}

/// An index into a table whose length is a power of two, by the method of Fibonacci hashing.
#[inline]
fn hash(bytes: u64, table: &[u16]) -> usize {
    let bits = table.len().trailing_zeros();
    (bytes.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits)) as usize
}

/// Small tables are as good: more places share an entry, but fewer lines of memory are touched.
const MIN_HASH_BITS: u32 = 8;
/// Shortest repetition that is used.
const MIN_LEN: usize = 4;
/// From this length on, a longer repetition at the next byte is looked for with less effort.
const GOOD_LEN: usize = 8;
/// From this length on, a repetition is used without looking for a longer one at the next byte.
const LAZY_LEN: usize = 24;
/// Bytes that are read to index a place.
const HASHED: usize = 8;
/// Bytes that may be read behind the last one.
const PADDING: usize = 8;
const MIN_PIECE: usize = 512;
/// Bytes that a CPU fetches at a time.
const CACHE_LINE: usize = 64;
