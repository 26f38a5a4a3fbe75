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
}
