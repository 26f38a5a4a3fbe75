//! Finds repetitions (RFC 1951 section 4) and turns bytes into symbols.
//!
//! All places are on chains by their first five bytes, and not only those where a search begins:
//! after a match of n bytes, a longer one has to have the last five of n + 1 bytes, too. So the
//! search goes on along the chain of those, which is much shorter than the one of the first bytes,
//! since text begins alike more often than it goes on alike.

use super::{
    Search,
    chains::{CHAINED, Chains, HashTable, READ_AHEAD},
    spot::{MIN_LEN, Match, Spot, WORD, eight_bytes},
    symbols::Symbols,
};

/// The window and the tables over it, on loan while a piece is looked at.
pub(super) struct Finder<'a> {
    /// The bytes of the window, and padding.
    pub(super) window: &'a [u8],
    /// End of the bytes.
    pub(super) end: u32,
    /// First byte that is not on a chain.
    pub(super) indexed: u32,
    /// Place in the stream of the first byte of `window`.
    pub(super) base: u16,
    /// Longest distance back.
    pub(super) max_distance: u32,
    /// Counts the places that were searched for.
    pub(super) searches: usize,
    pub(super) last_of_four: HashTable<'a, 4>,
    pub(super) chains: Chains<'a>,
}

/// A way through earlier places.
#[derive(Clone, Copy)]
struct Trail {
    /// The chain: that of the place so many bytes behind the spot.
    ahead: u32,
    /// How far it has been followed.
    distance: u32,
}

/// What was met on a trail; distances of 0 say that it was not.
#[derive(Clone, Copy, Default)]
struct Met {
    /// Distance of a longer match.
    longer: u32,
    /// Distance of a match that is as long, but without the first byte, so that it may be longer
    /// at the next place.
    later: u32,
}

impl Finder<'_> {
    /// Appends the symbols for the bytes from `start` on.
    pub(super) fn parse(&mut self, start: u32, search: Search, symbols: &mut Symbols) {
        let mut at = start;
        let mut limit = start;
        while at < self.end {
            if at >= limit {
                limit = at + BLOCK;
                self.index_until(limit + FARTHEST_CHAIN);
            }
            let spot = self.spot(at);
            let mut found = self.find(spot);
            if found.len < MIN_LEN {
                symbols.push_literal(self.window[at as usize]);
                at += 1;
                continue;
            }
            let mut next = self.find_longer(spot, search, &mut found);
            if found.len == MIN_LEN && search.lazy_len > MIN_LEN {
                next = self.find(self.spot(at + 1));
            }
            while found.len < search.lazy_len && next.is_better_than(found) {
                symbols.push_literal(self.window[at as usize]);
                at += 1;
                found = next;
                next = self.find_longer(self.spot(at), search, &mut found);
            }
            symbols.push_match(found.len as usize, found.distance as usize);
            at += found.len;
        }
    }

    #[inline(always)]
    fn spot(&self, at: u32) -> Spot {
        Spot::new(self.window, at, self.end, self.max_distance)
    }

    /// The longer one of the matches with the last places with the same first bytes.
    #[inline(always)]
    fn find(&mut self, spot: Spot) -> Match {
        self.searches += 1;
        let place = self.place(spot.at);
        let four = self.last_of_four.enter(spot.bytes, place).into();
        let five = self.chains.step(place);
        let found = spot.longer_of(self.window, four, five);
        if found.len == MIN_LEN && found.distance > FARTHEST_OF_MIN_LEN {
            return Match::default();
        }
        found
    }

    /// Looks for longer matches than `best`; returns one at the next place.
    #[inline(always)]
    fn find_longer(&self, spot: Spot, search: Search, best: &mut Match) -> Match {
        let mut next = Match::default();
        let nice_len = search.nice_len.min(spot.max_len);
        let mut trail = Trail {
            ahead: 0,
            distance: best.distance,
        };
        while best.len > MIN_LEN && best.len < nice_len {
            let mut fresh = Trail {
                ahead: best.len + 1 - CHAINED,
                distance: 0,
            };
            let mut met = Met::default();
            self.follow(&mut fresh, spot, best.len, search.fresh_steps, &mut met);
            if met.longer > 0 {
                trail = fresh;
            } else {
                // Where the last chain is shared by much else, the one before it may do better.
                self.follow(&mut trail, spot, best.len, search.old_steps, &mut met);
            }
            if met.later > 0 && next.len == 0 {
                let len = spot.next_common_len(self.window, met.later);
                if len > best.len {
                    next = Match {
                        len,
                        distance: met.later,
                    };
                }
            }
            let len = match met.longer {
                0 => return next,
                distance => spot.common_len(self.window, distance, 0),
            };
            if len <= best.len {
                return next;
            }
            *best = Match {
                len,
                distance: met.longer,
            };
        }
        next
    }

    /// Follows a trail for some steps, or until it meets what seems longer than `len`.
    #[inline(always)]
    fn follow(&self, trail: &mut Trail, spot: Spot, len: u32, steps: u32, met: &mut Met) {
        let place = self.place(spot.at + trail.ahead);
        // Two words have to be the same: the first, and the one that ends a longer match.
        let offset = (len + 1).saturating_sub(WORD);
        let end = eight_bytes(self.window, spot.at + offset);
        let compared = u64::MAX >> (8 * (WORD - 1).saturating_sub(len));
        for _ in 0..steps {
            trail.distance += self.chains.step(place.wrapping_sub(trail.distance as u16));
            if !spot.reaches(trail.distance) {
                return;
            }
            let there = spot.at - trail.distance;
            let first = (spot.bytes ^ eight_bytes(self.window, there)) & compared;
            let end = (end ^ eight_bytes(self.window, there + offset)) & compared;
            let misses = first >> 8 | end & !0xff | u64::from(met.later);
            if misses == 0 {
                met.later = trail.distance;
            }
            if first | end == 0 {
                met.longer = trail.distance;
                return;
            }
        }
    }

    /// Puts places before `at` on their chains, as far as the bytes behind them are known.
    pub(super) fn index_until(&mut self, at: u32) {
        let until = at.min((self.end + 1).saturating_sub(WORD));
        if self.indexed < until {
            let bytes = &self.window[self.indexed as usize..until as usize + READ_AHEAD];
            let place = self.place(self.indexed);
            self.chains.enter(bytes, place);
            self.indexed = until;
        }
    }

    #[inline(always)]
    fn place(&self, at: u32) -> u16 {
        self.base.wrapping_add(at as u16)
    }
}

/// From farther away it takes more bits than the bytes themselves.
const FARTHEST_OF_MIN_LEN: u32 = 4096;
/// Places that are put on chains at a time.
const BLOCK: u32 = 256;
/// Chains of places so far behind the current one are followed, if not farther: those within the
/// longest match at the next place.
const FARTHEST_CHAIN: u32 = 264;
