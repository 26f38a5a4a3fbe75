//! A place and what it has in common with earlier ones.

use super::symbols::MAX_MATCH;

/// A repetition: `len` bytes that also stand `distance` bytes earlier.
#[derive(Clone, Copy, Default)]
pub(super) struct Match {
    pub(super) len: u32,
    pub(super) distance: u32,
}

impl Match {
    /// Whether this match, at the next place, is worth a literal more than `found`. One that is too
    /// short never is, however far away `found` is: it has no code.
    #[inline(always)]
    pub(super) fn is_better_than(self, found: Self) -> bool {
        // A byte more is worth about four bits, twice the distance one.
        let bits = |found: Self| 4 * found.len as i32 - (found.distance | 1).ilog2() as i32;
        self.len >= MIN_LEN && bits(self) > bits(found) + 2
    }
}

/// A place of the window that matches are looked for.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    pub(super) at: u32,
    /// The first bytes there.
    pub(super) bytes: u64,
    /// Longest match that may be used here.
    pub(super) max_len: u32,
    /// Longest distance that may be used here.
    pub(super) farthest: u32,
}

impl Spot {
    /// A place in a window whose bytes end at `end`.
    #[inline(always)]
    pub(super) fn new(window: &[u8], at: u32, end: u32, max_distance: u32) -> Self {
        Self {
            at,
            bytes: eight_bytes(window, at),
            max_len: (MAX_MATCH as u32).min(end - at),
            farthest: max_distance.min(at),
        }
    }

    /// Whether something so far away may be used.
    #[inline(always)]
    pub(super) fn reaches(self, distance: u32) -> bool {
        distance.wrapping_sub(1) < self.farthest
    }

    /// The longer of two matches, then the nearer one; of length 0 if neither may be used. Which it
    /// is cannot be foreseen, so they are compared without branches.
    #[inline(always)]
    pub(super) fn longer_of(self, window: &[u8], one: u32, other: u32) -> Match {
        let rank = |distance| {
            let is_valid = self.reaches(distance);
            let back = if is_valid { distance } else { 0 };
            let there = eight_bytes(window, self.at - back);
            let difference = (self.bytes ^ there) | u64::from(!is_valid);
            equal_bytes(difference) << 16 | (0xffff - back)
        };
        let best = rank(one).max(rank(other));
        let (len, distance) = (best >> 16, 0xffff - (best & 0xffff));
        let len = if len == WORD {
            self.common_len(window, distance, WORD)
        } else {
            len.min(self.max_len)
        };
        Match { len, distance }
    }

    /// How many bytes here are the same as `distance` bytes earlier, if the first `known` are.
    #[inline(always)]
    pub(super) fn common_len(self, window: &[u8], distance: u32, known: u32) -> u32 {
        let mut len = known;
        while len < self.max_len {
            let here = eight_bytes(window, self.at + len);
            let difference = here ^ eight_bytes(window, self.at + len - distance);
            if difference != 0 {
                return (len + equal_bytes(difference)).min(self.max_len);
            }
            len += WORD;
        }
        self.max_len
    }

    /// The same for the place behind this one.
    #[inline(always)]
    pub(super) fn next_common_len(self, window: &[u8], distance: u32) -> u32 {
        let next = Self {
            at: self.at + 1,
            max_len: self.max_len - 1,
            ..self
        };
        next.common_len(window, distance, 0)
    }
}

/// Equal bytes before the first different one.
#[inline(always)]
fn equal_bytes(difference: u64) -> u32 {
    difference.trailing_zeros() / 8
}

/// A place of 32 bits cannot overflow, which saves the check.
#[inline(always)]
pub(super) fn eight_bytes(window: &[u8], at: u32) -> u64 {
    let mut bytes = [0; WORD as usize];
    bytes.copy_from_slice(&window[at as usize..at as usize + WORD as usize]);
    u64::from_le_bytes(bytes)
}

/// Shortest repetition that is used.
pub(super) const MIN_LEN: u32 = 4;
/// Bytes that are compared at a time.
pub(super) const WORD: u32 = 8;
