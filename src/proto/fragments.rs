//! Where the fragments of a message end.

use super::growth::append;

/// Ends of the fragments that are not empty.
///
/// A length takes a byte for each seven of its bits, so that a flood of tiny fragments costs less
/// memory than it takes bytes to send.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    lengths: Vec<u8>,
    end: usize,
}

impl Fragments {
    /// The message has so many bytes at the end of another fragment, and at most `max_len` at its
    /// own end.
    pub(super) fn push_end(&mut self, end: usize, max_len: usize) {
        let mut length = end.saturating_sub(self.end);
        if length == 0 {
            return;
        }
        self.end = end;
        while length > usize::from(LOW_BITS) {
            self.push(MORE | (length as u8 & LOW_BITS), max_len);
            length >>= 7;
        }
        self.push(length as u8, max_len);
    }

    /// A length takes no more bytes than there are in the fragment.
    fn push(&mut self, byte: u8, max_len: usize) {
        append(&mut self.lengths, &[byte], 0, max_len);
    }

    /// The ends if there is more than one, else nothing.
    pub(super) fn ends(&self) -> Vec<u32> {
        let count = self.lengths.iter().filter(|byte| **byte < MORE).count();
        let mut ends = Vec::new();
        if count < 2 {
            return ends;
        }
        ends.reserve_exact(count);
        let (mut end, mut shift) = (0, 0);
        for byte in &self.lengths {
            end += u32::from(byte & LOW_BITS) << shift;
            shift += 7;
            if byte & MORE == 0 {
                ends.push(end);
                shift = 0;
            }
        }
        ends
    }
}

const MORE: u8 = 0x80;
const LOW_BITS: u8 = 0x7f;

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(given: &[usize]) -> Vec<u32> {
        let mut fragments = Fragments::default();
        for end in given {
            fragments.push_end(*end, usize::MAX);
        }
        fragments.ends()
    }

    #[test]
    fn the_ends_come_back() {
        let lengths = [1, 127, 128, 300, 16_383, 16_384, 1 << 21, 1 << 31];
        let mut end = 0;
        let given: Vec<usize> = lengths
            .map(|length| {
                end += length;
                end
            })
            .into();
        let expected: Vec<u32> = given.iter().map(|end| *end as u32).collect();
        assert_eq!(ends(&given), expected);
    }

    #[test]
    fn empty_fragments_do_not_count() {
        assert_eq!(ends(&[0, 3, 3, 5, 5]), [3, 5]);
    }

    #[test]
    fn a_single_fragment_is_the_message() {
        assert!(ends(&[]).is_empty());
        assert!(ends(&[0, 5, 5]).is_empty());
    }
}
