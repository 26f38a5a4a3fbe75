//! Masking (RFC 6455 section 5.3).

/// A masking key. All zeros means that masking changes nothing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct MaskingKey([u8; 4]);

impl MaskingKey {
    /// Whether masking with this key changes nothing.
    pub fn is_zero(self) -> bool {
        self.0 == [0; 4]
    }

    /// The four bytes, in the order in which they travel.
    pub fn bytes(self) -> [u8; 4] {
        self.0
    }
}

impl From<[u8; 4]> for MaskingKey {
    fn from(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }
}

/// Masks or unmasks `payload`, whose first byte is byte `offset` of the frame's payload.
pub fn apply_mask(payload: &mut [u8], key: MaskingKey, offset: usize) {
    if key.is_zero() {
        return;
    }
    let mut key = key.0;
    key.rotate_left(offset % 4);
    let wide = u64::from_ne_bytes([
        key[0], key[1], key[2], key[3], key[0], key[1], key[2], key[3],
    ]);
    let (words, tail) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in tail.iter_mut().zip(wide.to_ne_bytes()) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_offset_agrees_with_the_definition() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        for length in 0..70_usize {
            for offset in 0..9_usize {
                let plain: Vec<u8> = (0..length).map(|i| (i * 7) as u8).collect();
                let mut masked = plain.clone();
                apply_mask(&mut masked, key.into(), offset);
                for (i, byte) in masked.iter().enumerate() {
                    assert_eq!(*byte, plain[i] ^ key[(i + offset) % 4]);
                }
            }
        }
    }

    #[test]
    fn a_zero_key_changes_nothing() {
        let mut payload = *b"payload";
        apply_mask(&mut payload, MaskingKey::default(), 1);
        assert_eq!(&payload, b"payload");
    }
}
