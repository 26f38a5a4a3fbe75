//! Tables that lead to earlier places with the same bytes.

/// Leads from a hash of the first `BYTES` bytes to the last place.
pub(super) struct HashTable<'a, const BYTES: u32> {
    entries: &'a mut [u16],
    /// Bits of a 64-bit product that are no part of the index.
    shift: u32,
}

impl<'a, const BYTES: u32> HashTable<'a, BYTES> {
    /// `entries` as a table; their number is a power of two.
    pub(super) fn new(entries: &'a mut [u16]) -> Self {
        Self {
            shift: u64::BITS - entries.len().trailing_zeros(),
            entries,
        }
    }

    /// Enters a place; returns how far before it the last one is.
    #[inline(always)]
    pub(super) fn enter(&mut self, bytes: u64, place: u16) -> u16 {
        // Fibonacci hashing.
        let hashed = bytes << (u64::BITS - 8 * BYTES);
        let product = hashed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let entry = &mut self.entries[(product >> (self.shift % u64::BITS)) as usize];
        place.wrapping_sub(std::mem::replace(entry, place))
    }
}

/// Leads from each place to all before it with the same first bytes.
pub(super) struct Chains<'a> {
    last: HashTable<'a, CHAINED>,
    /// How far before each place the next one of its chain is, as a ring.
    steps: &'a mut [u16],
}

impl<'a> Chains<'a> {
    /// Both lengths are powers of two.
    pub(super) fn new(last: &'a mut [u16], steps: &'a mut [u16]) -> Self {
        Self {
            last: HashTable::new(last),
            steps,
        }
    }

    /// How far before a place the next one of its chain is. Nothing is certain about what is there:
    /// the ring may know a later place by now, and other bytes can have the same hash.
    #[inline(always)]
    pub(super) fn step(&self, place: u16) -> u32 {
        self.steps[usize::from(place) & (self.steps.len() - 1)].into()
    }

    /// Enters the places from `place` on, one for each window of eight bytes.
    pub(super) fn enter(&mut self, bytes: &[u8], place: u16) {
        let mut place = place;
        let mut rest = bytes;
        while rest.len() > READ_AHEAD {
            let at = usize::from(place) & (self.steps.len() - 1);
            let run = self.steps.get_mut(at..).unwrap_or_default();
            let count = run.len().min(rest.len() - READ_AHEAD);
            for (step, bytes) in run.iter_mut().zip(rest.windows(READ_AHEAD + 1)) {
                let bytes = bytes.first_chunk().copied().unwrap_or_default();
                *step = self.last.enter(u64::from_le_bytes(bytes), place);
                place = place.wrapping_add(1);
            }
            rest = rest.get(count..).unwrap_or_default();
        }
    }
}

/// Bytes that places of a chain have in common.
pub(super) const CHAINED: u32 = 5;
/// Bytes behind the first one that are read to enter a place.
pub(super) const READ_AHEAD: usize = 7;
