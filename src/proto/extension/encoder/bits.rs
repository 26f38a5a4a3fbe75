//! Bits in the order of RFC 1951 section 3.1.1: the first one is the lowest of the first byte.

/// Appends bits to bytes.
pub(super) struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    /// Bits that do not make four bytes yet.
    pending: u64,
    count: u32,
}

impl<'a> BitWriter<'a> {
    /// A writer at the end of `out`.
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self {
            out,
            pending: 0,
            count: 0,
        }
    }

    /// Appends the lowest `count` bits, at most 32, of `value`, whose other bits are 0.
    #[inline]
    pub(super) fn put(&mut self, value: u32, count: u32) {
        self.pending |= u64::from(value) << self.count;
        self.count += count;
        if self.count >= 32 {
            self.out
                .extend_from_slice(&(self.pending as u32).to_le_bytes());
            self.pending >>= 32;
            self.count -= 32;
        }
    }

    /// Appends bytes, after as many 0 bits as it takes to begin a new byte.
    pub(super) fn put_bytes(&mut self, bytes: &[u8]) {
        while self.count > 0 {
            self.out.push(self.pending as u8);
            self.pending >>= 8;
            self.count = self.count.saturating_sub(8);
        }
        self.out.extend_from_slice(bytes);
    }

    /// Lends room for `bits` more bits to a task that appends no more.
    pub(super) fn with_room(&mut self, bits: u64, task: impl FnOnce(&mut Room<'_>)) {
        let start = self.out.len();
        self.out.resize(start + bits as usize / 8 + 2 * WORD, 0);
        let mut room = Room {
            bytes: &mut self.out[start..],
            at: 0,
            pending: self.pending,
            count: self.count,
        };
        room.put(0, 0);
        task(&mut room);
        let Room {
            at, pending, count, ..
        } = room;
        self.out.truncate(start + at);
        self.pending = pending;
        self.count = count;
    }
}

/// Appends bits where there is room for them, without a branch: how many bits a symbol takes
/// cannot be foreseen.
pub(super) struct Room<'a> {
    bytes: &'a mut [u8],
    at: usize,
    pending: u64,
    count: u32,
}

impl Room<'_> {
    /// Appends the lowest `count` bits, at most 56, of `value`, whose other bits are 0.
    #[inline(always)]
    pub(super) fn put(&mut self, value: u64, count: u32) {
        self.pending |= value << self.count;
        self.count += count;
        self.bytes[self.at..self.at + WORD].copy_from_slice(&self.pending.to_le_bytes());
        self.at += self.count as usize / 8;
        self.pending >>= self.count & !7;
        self.count &= 7;
    }
}

/// Bytes that are written at a time.
const WORD: usize = size_of::<u64>();
