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
