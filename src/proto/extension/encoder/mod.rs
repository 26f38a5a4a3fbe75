//! A deflate encoder (RFC 1951) made for many connections that take turns.
//!
//! zlib needs a third of a megabyte for each connection with context takeover, and spreads its
//! accesses over all of it. With 64 such connections and messages of a kilobyte, nearly all of its
//! time passes in waiting for memory. This encoder needs a third of that memory, fetches it in
//! order before a message, and starts a message without context takeover at no cost. What zlib
//! offers beside levels and windows is left to zlib.
//!
//! What it writes ends with a sync flush, as zlib's does.

mod bits;
mod block;
mod chains;
mod finder;
mod huffman;
mod matcher;
mod spot;
mod symbols;
mod token_codes;

use bits::BitWriter;
use matcher::Matcher;
pub(super) use symbols::Symbols;

use super::permessage_deflate::Direction;

/// How thoroughly to look for repetitions.
#[derive(Clone, Copy, Debug)]
struct Search {
    /// Earlier places that are compared each time a longer repetition has been found.
    fresh_steps: u32,
    /// As many more are compared where those are of no use.
    old_steps: u32,
    /// A repetition of this length is good enough.
    nice_len: u32,
    /// Up to this length, a longer repetition one byte later is preferred.
    lazy_len: u32,
}

impl Search {
    /// The search whose output is as long as zlib's at this level, give or take 5 %. Within a
    /// message that stands alone, less effort finds as much.
    fn new(level: u8, context_takeover: bool) -> Self {
        let (fresh_steps, old_steps, nice_len, lazy_len) = match level {
            ..=1 => (1, 0, 16, 0),
            2 => (1, 1, 16, 0),
            3 => (2, 1, 32, 0),
            4 => (2, 4, 32, 0),
            5 if context_takeover => (2, 4, 128, 16),
            5 => (1, 1, 128, 16),
            6 if context_takeover => (3, 6, 128, 32),
            6 => (1, 1, 128, 64),
            7 => (8, 16, 258, 32),
            8 => (16, 64, 258, 128),
            _ => (32, 128, 258, 258),
        };
        Self {
            fresh_steps,
            old_steps,
            nice_len,
            lazy_len,
        }
    }
}

/// A stream of deflate blocks.
pub(super) struct StreamEncoder {
    search: Search,
    matcher: Matcher,
    /// Searches for each kilobyte of the last message.
    search_rate: usize,
}

impl StreamEncoder {
    /// An encoder for one direction of a connection. `level`, from 1 to 9, and `mem_level` are
    /// zlib's.
    pub(super) fn new(direction: Direction, level: u8, mem_level: u8) -> Self {
        Self {
            search: Search::new(level, direction.context_takeover),
            matcher: Matcher::new(direction.window_bits, mem_level),
            search_rate: 0,
        }
    }

    /// Forgets everything: what comes next refers to nothing before it.
    pub(super) fn reset(&mut self) {
        self.matcher.forget();
    }

    /// Lets what comes next refer to `dictionary`.
    pub(super) fn set_dictionary(&mut self, dictionary: &[u8]) {
        self.matcher.set_dictionary(dictionary);
    }

    /// Appends `data` as blocks that end with a sync flush. `symbols` is scratch memory.
    pub(super) fn encode(&mut self, data: &[u8], symbols: &mut Symbols, out: &mut Vec<u8>) {
        if data.len().saturating_mul(self.search_rate) / KILOBYTE >= WORTH_FETCHING {
            self.matcher.fetch();
        }
        self.matcher.searches = 0;
        let mut writer = BitWriter::new(out);
        let mut rest = data;
        while !rest.is_empty() {
            let taken = self.parse(rest, symbols);
            let (raw, later) = rest.split_at(taken);
            block::write(symbols, raw, &mut writer);
            rest = later;
        }
        block::write_sync_flush(&mut writer);
        self.search_rate = self.matcher.searches.saturating_mul(KILOBYTE) / data.len().max(1);
    }

    /// Turns the beginning of `data` into the symbols of one block; returns its length.
    fn parse(&mut self, data: &[u8], symbols: &mut Symbols) -> usize {
        symbols.clear();
        let mut taken = 0;
        for piece in data.chunks(self.matcher.piece_len()) {
            self.matcher.parse(piece, self.search, symbols);
            taken += piece.len();
            if symbols.is_full() {
                break;
            }
        }
        taken
    }
}

/// Searches that a message must be expected to need: as many as one of a hundred bytes with little
/// in common with earlier ones. A message that repeats another touches too little to fetch all.
const WORTH_FETCHING: usize = 24;
const KILOBYTE: usize = 1024;
