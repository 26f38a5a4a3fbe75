//! Remembers what repetitions can refer to.
//!
//! Two tables lead to earlier places with the same bytes: one to the last place with the same four
//! bytes, one to a chain of all places with the same five. Table entries are the lower 16 bits of a
//! place, counted from the start of the stream. They are never cleared or moved: an entry that is
//! out of date leads to a place that is compared in vain.

use super::{
    Search,
    chains::{Chains, HashTable},
    finder::Finder,
    symbols::Symbols,
};

/// The window and the tables over it.
pub(super) struct Matcher {
    /// The latest bytes, followed by room for more.
    window: Vec<u8>,
    /// End of the bytes in `window`.
    end: usize,
    /// First byte in `window` that is not on a chain.
    indexed: usize,
    /// Place in the stream of the first byte of `window`.
    base: u16,
    /// Longest distance back.
    max_distance: usize,
    /// Counts the places that were searched for.
    pub(super) searches: usize,
    last_of_four: Box<[u16]>,
    last_of_five: Box<[u16]>,
    /// How far before each place the next one of its chain is.
    steps: Box<[u16]>,
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
            searches: 0,
            last_of_four: table(hash_bits - 1),
            last_of_five: table(hash_bits),
            steps: table(u32::from(window_bits).max(MIN_RING_BITS)),
        }
    }

    /// Most bytes that `parse` takes at a time.
    pub(super) fn piece_len(&self) -> usize {
        self.steps.len() / 2
    }

    /// Forgets everything. Entries of the tables that remain lead to places before the window.
    pub(super) fn forget(&mut self) {
        self.base = self.base.wrapping_add(self.end as u16);
        self.end = 0;
        self.indexed = 0;
    }

    pub(super) fn set_dictionary(&mut self, dictionary: &[u8]) {
        let start = dictionary.len().saturating_sub(self.max_distance);
        for piece in dictionary[start..].chunks(self.piece_len()) {
            self.append(piece);
            self.with_finder(|finder| finder.index_until(finder.end));
        }
    }

    /// Appends the symbols for `piece`.
    pub(super) fn parse(&mut self, piece: &[u8], search: Search, symbols: &mut Symbols) {
        let start = self.append(piece);
        self.with_finder(|finder| finder.parse(start as u32, search, symbols));
    }

    /// Lends everything to a task. Its own copies of what is small stay in registers.
    fn with_finder(&mut self, task: impl FnOnce(&mut Finder<'_>)) {
        let mut finder = Finder {
            window: &self.window[..self.end + PADDING],
            end: self.end as u32,
            indexed: self.indexed as u32,
            base: self.base,
            max_distance: self.max_distance as u32,
            searches: self.searches,
            last_of_four: HashTable::new(&mut self.last_of_four),
            chains: Chains::new(&mut self.last_of_five, &mut self.steps),
        };
        task(&mut finder);
        let Finder {
            indexed, searches, ..
        } = finder;
        self.indexed = indexed as usize;
        self.searches = searches;
    }

    /// Reads everything once, in order. After a turn of many other connections nothing of it is in
    /// the CPU's caches, and in order it comes several times as fast as a search would fetch it.
    pub(super) fn fetch(&self) {
        let window = &self.window[..self.end];
        let steps = &self.steps[..self.steps.len().min(self.end)];
        let mut sum = 0;
        for line in window.chunks(CACHE_LINE) {
            sum ^= u16::from(line[0]);
        }
        for table in [steps, &self.last_of_four, &self.last_of_five] {
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
}

/// Small tables are as good: more places share an entry, but fewer lines of memory are touched.
const MIN_HASH_BITS: u32 = 8;
/// Chains are kept for some places ahead, and should still know a small window.
const MIN_RING_BITS: u32 = 11;
/// Bytes that may be read behind the last one: eight from the end on, and one more for the search
/// at the next place.
const PADDING: usize = 9;
/// Bytes that a CPU fetches at a time.
const CACHE_LINE: usize = 64;
