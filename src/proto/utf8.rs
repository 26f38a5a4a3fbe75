//! UTF-8 that arrives in pieces (RFC 6455 section 8.1).

/// Checks text piece by piece and fails at the first byte that cannot be right.
#[derive(Clone, Copy, Debug, Default)]
pub struct Utf8Validator {
    /// The beginning of a character whose rest is still to come.
    pending: [u8; 3],
    pending_len: u8,
}

/// The text is not UTF-8.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidUtf8;

impl Utf8Validator {
    /// Checks the next piece.
    ///
    /// # Errors
    ///
    /// Fails if the text up to here cannot be the beginning of valid UTF-8.
    pub fn push(&mut self, mut piece: &[u8]) -> Result<(), InvalidUtf8> {
        while self.pending_len > 0 {
            let Some((&byte, rest)) = piece.split_first() else {
                return Ok(());
            };
            piece = rest;
            self.push_pending(byte)?;
        }
        let Err(error) = simdutf8::compat::from_utf8(piece) else {
            return Ok(());
        };
        if error.error_len().is_some() {
            return Err(InvalidUtf8);
        }
        // An incomplete character at the end, at most three bytes.
        for &byte in piece.get(error.valid_up_to()..).unwrap_or_default() {
            self.append(byte);
        }
        Ok(())
    }

    /// Whether the text may end here.
    pub fn is_complete(&self) -> bool {
        self.pending_len == 0
    }

    /// Adds a byte to the pending character and sees whether that completes it.
    fn push_pending(&mut self, byte: u8) -> Result<(), InvalidUtf8> {
        let mut character = [0; 4];
        let length = usize::from(self.pending_len);
        for (to, from) in character
            .iter_mut()
            .zip(self.pending.iter().take(length).chain([&byte]))
        {
            *to = *from;
        }
        match std::str::from_utf8(character.get(..=length).unwrap_or_default()) {
            Ok(_) => self.pending_len = 0,
            Err(error) if error.error_len().is_some() => return Err(InvalidUtf8),
            Err(_) => self.append(byte),
        }
        Ok(())
    }

    fn append(&mut self, byte: u8) {
        if let Some(slot) = self.pending.get_mut(usize::from(self.pending_len)) {
            *slot = byte;
            self.pending_len += 1;
        }
    }
}

/// Whether a whole text is UTF-8.
pub(super) fn is_utf8(text: &[u8]) -> bool {
    simdutf8::basic::from_utf8(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&[u8]; 12] = [
        b"",
        b"plain",
        "κόσμε ∀x∈ℝ 𝄞 €".as_bytes(),
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xf0\x9d\x84",
        b"abc\x80",
        b"\xe2\x82\xac\xff",
        b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
        b"\xf5\x80\x80\x80",
        b"\xe0\x80\x80",
    ];

    fn is_valid(pieces: &[&[u8]]) -> bool {
        let mut validator = Utf8Validator::default();
        pieces.iter().all(|piece| validator.push(piece).is_ok()) && validator.is_complete()
    }

    #[test]
    fn the_verdict_does_not_depend_on_the_pieces() {
        for text in TEXTS {
            let expected = std::str::from_utf8(text).is_ok();
            assert_eq!(is_valid(&[text]), expected);
            let bytes: Vec<&[u8]> = text.chunks(1).collect();
            assert_eq!(is_valid(&bytes), expected);
            for i in 0..=text.len() {
                for j in i..=text.len() {
                    assert_eq!(
                        is_valid(&[&text[..i], &text[i..j], &text[j..]]),
                        expected,
                        "{text:x?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_wrong_byte_is_noticed_when_it_comes() {
        let mut validator = Utf8Validator::default();
        assert!(validator.push(b"ok \xf4").is_ok());
        assert_eq!(validator.push(b"\x90"), Err(InvalidUtf8));
    }
}
