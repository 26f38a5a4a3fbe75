//! Finds repetitions (RFC 1951 section 4) and turns bytes into symbols.

use super::{
    Search,
    symbols::{MAX_MATCH, Symbols},
};

/// A table that leads from a hash of a few bytes to a place.
pub(super) struct HashTable<'a> {
    entries: &'a mut [u16],
    /// Bits of a 64-bit product that are no part of the index.
    shift: u32,
    /// Bits of eight bytes that are not hashed.
    ignored: u32,
}

impl<'a> HashTable<'a> {
    /// `entries` as a table by the first `hashed` bytes; their number is a power of two.
    pub(super) fn new(entries: &'a mut [u16], hashed: u32) -> Self {
        Self {
            shift: u64::BITS - entries.len().trailing_zeros(),
            entries,
            ignored: u64::BITS - 8 * hashed,
        }
    }

    /// Fibonacci hashing.
    #[inline(always)]
    fn entry(&mut self, bytes: u64) -> &mut u16 {
        let product = (bytes << self.ignored).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        &mut self.entries[(product >> self.shift) as usize]
    }
}

/// The window and the tables over it, on loan while a piece is looked at.
pub(super) struct Finder<'a> {
    /// The bytes of the window, and padding.
    pub(super) window: &'a [u8],
    /// End of the bytes.
    pub(super) end: usize,
    /// First byte that is not in the tables.
    pub(super) indexed: usize,
    /// Place in the stream of the first byte of `window`.
    pub(super) base: u16,
    /// Longest distance back.
    pub(super) max_distance: usize,
    /// Distance of the last repetition.
    pub(super) last_distance: usize,
    /// Counts the places that were searched for.
    pub(super) searches: usize,
    pub(super) last_of_four: HashTable<'a>,
    pub(super) last_of_six: HashTable<'a>,
    /// The place before each place of the window in its chain.
    pub(super) chain: &'a mut [u16],
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
    /// The first bytes there.
    bytes: u64,
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

impl Finder<'_> {
    /// Appends the symbols for the bytes from `start` on.
    pub(super) fn parse(&mut self, start: usize, search: Search, symbols: &mut Symbols) {
        let mut at = start;
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
    #[inline(always)]
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
    #[inline(always)]
    fn find(&mut self, at: usize, min_len: usize, depth: u32, nice_len: usize) -> Match {
        let spot = Spot {
            at,
            bytes: eight_bytes(self.window, at),
            max_len: MAX_MATCH.min(self.end - at),
            farthest: self.max_distance.min(at),
        };
        let candidates = if spot.max_len >= HASHED {
            self.searches += 1;
            self.indexed = at + 1;
            self.index(at, spot.bytes)
        } else if spot.max_len > min_len {
            Candidates {
                four: *self.last_of_four.entry(spot.bytes),
                six: self.place(at),
            }
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
        if best.distance == 0 || (best.len == MIN_LEN && best.distance > FARTHEST_OF_MIN_LEN) {
            Match::default()
        } else {
            best
        }
    }

    /// Compares with the place at the last distance and with the last one with the same bytes.
    /// Which of them is better cannot be foreseen, so short ones are compared without branches.
    #[inline(always)]
    fn compare_recent(&self, spot: Spot, four: u16, best: &mut Match) {
        let last = self.last_distance;
        let four = self.distance(spot.at, four);
        let last_len = spot.short_common_len(self.window, last);
        let four_len = spot.short_common_len(self.window, four);
        let (mut len, mut distance) = if four_len > last_len {
            (four_len, four)
        } else {
            (last_len, last)
        };
        if len == COMPARED {
            len = spot.common_len_beyond(self.window, distance);
            if last_len == four_len && last != four {
                let four_len = spot.common_len_beyond(self.window, four);
                if four_len > len {
                    (len, distance) = (four_len, four);
                }
            }
        }
        let len = len.min(spot.max_len);
        if len > best.len {
            *best = Match { len, distance };
        }
    }

    /// Compares with the places of a chain, latest first, until one is as long as `nice_len`.
    #[inline(always)]
    fn compare_chain(&self, spot: Spot, first: u16, depth: u32, nice_len: usize, best: &mut Match) {
        let mask = self.chain.len() - 1;
        let here = self.place(spot.at);
        let mut distance = self.distance(spot.at, first);
        let mut nearest = 0;
        let mut end = four_bytes(self.window, spot.at + best.len - 3);
        for _ in 0..depth {
            if distance <= nearest || distance > spot.farthest {
                return;
            }
            // A longer match has to have the byte behind the best one, too.
            if four_bytes(self.window, spot.at - distance + best.len - 3) == end {
                let len = spot.common_len(self.window, distance);
                if len > best.len {
                    *best = Match { len, distance };
                    if len >= nice_len {
                        return;
                    }
                    end = four_bytes(self.window, spot.at + len - 3);
                }
            }
            nearest = distance;
            let before = here.wrapping_sub(distance as u16);
            distance = here
                .wrapping_sub(self.chain[usize::from(before) & mask])
                .into();
        }
    }

    /// Puts the place of a byte into the tables; returns what was there.
    #[inline(always)]
    fn index(&mut self, at: usize, bytes: u64) -> Candidates {
        let place = self.place(at);
        let candidates = Candidates {
            four: std::mem::replace(self.last_of_four.entry(bytes), place),
            six: std::mem::replace(self.last_of_six.entry(bytes), place),
        };
        let mask = self.chain.len() - 1;
        self.chain[usize::from(place) & mask] = candidates.six;
        candidates
    }

    /// Indexes every second place before `at` that is not indexed, as far as the bytes behind them
    /// are known. Repetitions seldom begin within other ones: all places would take half as long
    /// again and save half a percent. Where they begin, the table of four bytes knows a place.
    #[inline(always)]
    pub(super) fn index_until(&mut self, at: usize) {
        let until = at.min((self.end + 1).saturating_sub(HASHED));
        let mask = self.chain.len() - 1;
        for at in (self.indexed..until).step_by(2) {
            let place = self.place(at);
            let entry = self.last_of_six.entry(eight_bytes(self.window, at));
            self.chain[usize::from(place) & mask] = std::mem::replace(entry, place);
        }
        self.indexed = self.indexed.max(until);
    }

    #[inline(always)]
    fn place(&self, at: usize) -> u16 {
        self.base.wrapping_add(at as u16)
    }

    /// How far back an entry leads; 0 if it leads nowhere.
    #[inline(always)]
    fn distance(&self, at: usize, entry: u16) -> usize {
        self.place(at).wrapping_sub(entry).into()
    }
}

impl Spot {
    /// How many bytes here are the same as `distance` bytes earlier.
    #[inline(always)]
    fn common_len(self, window: &[u8], distance: usize) -> usize {
        let difference = self.bytes ^ eight_bytes(window, self.at - distance);
        let len = if difference != 0 {
            equal_bytes(difference)
        } else {
            self.common_len_beyond(window, distance)
        };
        len.min(self.max_len)
    }

    /// The same, up to eight; 0 if nothing so far away may be used.
    #[inline(always)]
    fn short_common_len(self, window: &[u8], distance: usize) -> usize {
        let is_valid = distance.wrapping_sub(1) < self.farthest;
        let there = self.at - if is_valid { distance } else { 0 };
        let len = equal_bytes(self.bytes ^ eight_bytes(window, there));
        if is_valid { len } else { 0 }
    }

    /// The same, known to be eight at least, and not limited to what may be used.
    #[inline(always)]
    fn common_len_beyond(self, window: &[u8], distance: usize) -> usize {
        let mut len = COMPARED;
        while len < self.max_len {
            let here = eight_bytes(window, self.at + len);
            let difference = here ^ eight_bytes(window, self.at + len - distance);
            if difference != 0 {
                return len + equal_bytes(difference);
            }
            len += COMPARED;
        }
        len
    }
}

/// Equal bytes before the first different one.
#[inline(always)]
fn equal_bytes(difference: u64) -> usize {
    difference.trailing_zeros() as usize / 8
}

#[inline(always)]
fn four_bytes(window: &[u8], at: usize) -> u32 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&window[at..at + 4]);
    u32::from_le_bytes(bytes)
}

#[inline(always)]
fn eight_bytes(window: &[u8], at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&window[at..at + 8]);
    u64::from_le_bytes(bytes)
}

/// Shortest repetition that is used.
const MIN_LEN: usize = 4;
/// From farther away it takes more bits than the bytes themselves.
const FARTHEST_OF_MIN_LEN: usize = 4096;
/// From this length on, a longer repetition at the next byte is looked for with less effort.
const GOOD_LEN: usize = 8;
/// From this length on, a repetition is used without looking for a longer one at the next byte.
const LAZY_LEN: usize = 16;
/// Bytes that are compared at a time.
const COMPARED: usize = 8;
/// Bytes that are read to index a place.
const HASHED: usize = 8;
