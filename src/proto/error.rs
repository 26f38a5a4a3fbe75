//! What a peer can do wrong.

/// A violation of the protocol or a limit. The connection is to be failed (RFC 6455 section 7.1.7)
/// with [`ProtocolError::close_code`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProtocolError {
    /// RSV2 or RSV3 is set.
    UnexpectedRsv23,
    /// RSV1 is set where no compressed message begins.
    UnexpectedRsv1,
    /// The opcode is reserved, or not allowed at this point of a message.
    InvalidOpcode(u8),
    /// A control frame is fragmented.
    ExpectedFin,
    /// A control frame is too long, or a close frame has half a status code.
    InvalidControlPayloadLength(u8),
    /// A client did not mask.
    ExpectedMask,
    /// A server masked.
    UnexpectedMask,
    /// This status code must not be sent.
    InvalidCloseCode(u16),
    /// A text message or close reason is not UTF-8.
    InvalidUtf8,
    /// The payload length is greater than 2^53 - 1, the largest number that JS counts exactly.
    UnsupportedDataPayloadLength,
    /// The message is longer than `max_payload`.
    UnsupportedMessageLength,
    /// The message has more fragments than `max_fragments`.
    TooManyFragments,
    /// More reads than `max_buffered_chunks` wait for the rest of a frame.
    TooManyBufferedChunks,
    /// A compressed message is no deflate data.
    InvalidCompressedData,
}

impl ProtocolError {
    /// The status code that tells the peer (RFC 6455 section 7.4.1).
    pub fn close_code(self) -> u16 {
        match self {
            Self::InvalidUtf8 | Self::InvalidCompressedData => 1007,
            Self::TooManyFragments | Self::TooManyBufferedChunks => 1008,
            Self::UnsupportedDataPayloadLength | Self::UnsupportedMessageLength => 1009,
            _ => 1002,
        }
    }

    /// The number by which `lib/errors.js` finds class, message and code.
    pub fn number(self) -> u32 {
        match self {
            Self::UnexpectedRsv23 => 1,
            Self::UnexpectedRsv1 => 2,
            Self::InvalidOpcode(_) => 3,
            Self::ExpectedFin => 4,
            Self::InvalidControlPayloadLength(_) => 5,
            Self::ExpectedMask => 6,
            Self::UnexpectedMask => 7,
            Self::InvalidCloseCode(_) => 8,
            Self::InvalidUtf8 => 9,
            Self::UnsupportedDataPayloadLength => 10,
            Self::UnsupportedMessageLength => 11,
            Self::TooManyFragments => 12,
            Self::TooManyBufferedChunks => 13,
            Self::InvalidCompressedData => 14,
        }
    }

    /// The number that the message names; zlib's error number for compressed data, otherwise 0.
    pub fn detail(self) -> u32 {
        match self {
            Self::InvalidOpcode(number) | Self::InvalidControlPayloadLength(number) => {
                number.into()
            }
            Self::InvalidCloseCode(code) => code.into(),
            Self::InvalidCompressedData => Z_DATA_ERROR as u32,
            _ => 0,
        }
    }
}

const Z_DATA_ERROR: i32 = -3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_a_code_a_number_and_a_detail() {
        use ProtocolError::*;
        let expected = [
            (UnexpectedRsv23, 1002, 0),
            (UnexpectedRsv1, 1002, 0),
            (InvalidOpcode(3), 1002, 3),
            (ExpectedFin, 1002, 0),
            (InvalidControlPayloadLength(126), 1002, 126),
            (ExpectedMask, 1002, 0),
            (UnexpectedMask, 1002, 0),
            (InvalidCloseCode(1005), 1002, 1005),
            (InvalidUtf8, 1007, 0),
            (UnsupportedDataPayloadLength, 1009, 0),
            (UnsupportedMessageLength, 1009, 0),
            (TooManyFragments, 1008, 0),
            (TooManyBufferedChunks, 1008, 0),
            (InvalidCompressedData, 1007, 0xffff_fffd),
        ];
        for (number, (error, close_code, detail)) in (1..).zip(expected) {
            assert_eq!(error.number(), number);
            assert_eq!(error.close_code(), close_code, "{error:?}");
            assert_eq!(error.detail(), detail, "{error:?}");
        }
    }
}
