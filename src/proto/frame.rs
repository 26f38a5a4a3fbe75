//! Frame headers (RFC 6455 section 5.2).
//!
//! Headers are written by tungstenite's codec. Reading is our own: errors have to be found in the
//! order in which `ws` finds them, at the first byte that shows them, and with a small frame's
//! header decoded in a few nanoseconds.

use tungstenite::protocol::frame::FrameHeader as Codec;

use super::{MaskingKey, Opcode, ProtocolError, Role};

/// A frame header: everything in front of the payload.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FrameHeader {
    /// Last frame of its message.
    pub fin: bool,
    /// First frame of a compressed message (RFC 7692 section 6).
    pub rsv1: bool,
    /// What the frame is.
    pub opcode: Opcode,
    /// The masking key, if the payload is masked.
    pub mask: Option<MaskingKey>,
    /// Bytes of payload.
    pub payload_len: u64,
}

/// What decides whether a header is allowed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) role: Role,
    /// permessage-deflate was negotiated.
    pub(super) rsv1_allowed: bool,
    /// A fragmented message waits for its continuation.
    pub(super) message_open: bool,
}

/// Result of decoding the beginning of some bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Decoded {
    /// The header is complete and takes so many bytes.
    Complete(FrameHeader, usize),
    /// The length is known, the masking key is not; for limits, which fail first.
    LengthKnown(FrameHeader),
    /// Too few bytes to tell.
    Incomplete,
}

impl FrameHeader {
    /// Decodes the header at the start of `bytes`.
    pub(super) fn decode(bytes: &[u8], rules: Rules) -> Result<Decoded, ProtocolError> {
        let &[first, second, ref rest @ ..] = bytes else {
            return Ok(Decoded::Incomplete);
        };
        let opcode = check_first_bytes(first, second, rules)?;
        let (payload_len, length_bytes) = match second & LENGTH {
            LENGTH_16 => match rest.first_chunk() {
                Some(length) => (u16::from_be_bytes(*length).into(), 2),
                None => return Ok(Decoded::Incomplete),
            },
            LENGTH_64 => match rest.first_chunk() {
                Some(length) => (u64::from_be_bytes(*length), 8),
                None => return Ok(Decoded::Incomplete),
            },
            length => (u64::from(length), 0),
        };
        if payload_len > MAX_SAFE_INTEGER {
            return Err(ProtocolError::UnsupportedDataPayloadLength);
        }
        let (fin, rsv1) = (first & FIN != 0, first & RSV1 != 0);
        let mut header = Self {
            fin,
            rsv1,
            opcode,
            mask: None,
            payload_len,
        };
        if second & MASK == 0 {
            return Ok(Decoded::Complete(header, 2 + length_bytes));
        }
        let key = rest.get(length_bytes..).and_then(<[u8]>::first_chunk::<4>);
        Ok(match key {
            Some(key) => {
                header.mask = Some(MaskingKey::from(*key));
                Decoded::Complete(header, 2 + length_bytes + 4)
            }
            None => Decoded::LengthKnown(header),
        })
    }

    /// How many bytes at the start of `bytes`, an incomplete header, are fields that are complete:
    /// the first two bytes, the extended payload length.
    pub(super) fn whole_fields_len(bytes: &[u8]) -> usize {
        let &[_, second, ..] = bytes else {
            return 0;
        };
        let length_end = match second & LENGTH {
            LENGTH_16 => 4,
            LENGTH_64 => 10,
            _ => 2,
        };
        if bytes.len() < length_end {
            2
        } else {
            length_end
        }
    }

    /// Appends the header to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let codec = Codec {
            is_final: self.fin,
            rsv1: self.rsv1,
            rsv2: false,
            rsv3: false,
            opcode: self.opcode.into(),
            mask: self.mask.map(MaskingKey::bytes),
        };
        // Writing to a Vec does not fail.
        let _ = codec.format(self.payload_len, out);
    }
}

/// Checks what the first two bytes say, in `ws`'s order.
#[inline]
fn check_first_bytes(first: u8, second: u8, rules: Rules) -> Result<Opcode, ProtocolError> {
    if first & RSV23 != 0 {
        return Err(ProtocolError::UnexpectedRsv23);
    }
    let rsv1 = first & RSV1 != 0;
    if rsv1 && !rules.rsv1_allowed {
        return Err(ProtocolError::UnexpectedRsv1);
    }
    let bits = first & OPCODE;
    let opcode = Opcode::from_bits(bits).ok_or(ProtocolError::InvalidOpcode(bits))?;
    if opcode.is_control() {
        check_control(opcode, first, second)?;
    } else if opcode == Opcode::Continuation {
        if rsv1 {
            return Err(ProtocolError::UnexpectedRsv1);
        }
        if !rules.message_open {
            return Err(ProtocolError::InvalidOpcode(bits));
        }
    } else if rules.message_open {
        return Err(ProtocolError::InvalidOpcode(bits));
    }
    // Section 5.1: a client masks, a server must not.
    match (rules.role, second & MASK != 0) {
        (Role::Server, false) => Err(ProtocolError::ExpectedMask),
        (Role::Client, true) => Err(ProtocolError::UnexpectedMask),
        _ => Ok(opcode),
    }
}

/// Section 5.5: control frames are not fragmented, not compressed and have at most 125 bytes.
/// Section 5.5.1: the body of a close frame begins with a status code of two bytes.
fn check_control(opcode: Opcode, first: u8, second: u8) -> Result<(), ProtocolError> {
    let length = second & LENGTH;
    if first & FIN == 0 {
        return Err(ProtocolError::ExpectedFin);
    }
    if first & RSV1 != 0 {
        return Err(ProtocolError::UnexpectedRsv1);
    }
    if length > CONTROL_MAX || (opcode == Opcode::Close && length == 1) {
        return Err(ProtocolError::InvalidControlPayloadLength(length));
    }
    Ok(())
}

/// Longest header: two bytes, a length of eight, a masking key of four.
pub const HEADER_MAX: usize = 14;

const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;
const RSV23: u8 = 0x30;
const OPCODE: u8 = 0x0f;
const MASK: u8 = 0x80;
const LENGTH: u8 = 0x7f;
const LENGTH_16: u8 = 126;
const LENGTH_64: u8 = 127;
const CONTROL_MAX: u8 = 125;
/// Largest number that JS counts exactly.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: Rules = Rules {
        role: Role::Server,
        rsv1_allowed: true,
        message_open: false,
    };

    fn header(payload_len: u64) -> FrameHeader {
        FrameHeader {
            fin: true,
            rsv1: true,
            opcode: Opcode::Binary,
            mask: Some([1, 2, 3, 4].into()),
            payload_len,
        }
    }

    #[test]
    fn every_length_is_written_and_read_in_its_shortest_form() {
        let lengths = [
            (0, 6),
            (125, 6),
            (126, 8),
            (0xffff, 8),
            (0x1_0000, HEADER_MAX),
            (MAX_SAFE_INTEGER, HEADER_MAX),
        ];
        for (payload_len, expected) in lengths {
            let header = header(payload_len);
            let mut bytes = Vec::new();
            header.encode(&mut bytes);
            assert_eq!(bytes.len(), expected);
            bytes.extend([0xff; 20]);
            let decoded = FrameHeader::decode(&bytes, SERVER);
            assert_eq!(decoded, Ok(Decoded::Complete(header, expected)));
        }
    }

    #[test]
    fn a_length_is_known_before_the_key() {
        for (payload_len, length_end) in [(5, 2), (300, 4), (70_000, 10)] {
            let header = header(payload_len);
            let mut bytes = Vec::new();
            header.encode(&mut bytes);
            for end in 0..bytes.len() {
                let known = FrameHeader {
                    mask: None,
                    ..header
                };
                let expected = if end < length_end {
                    Decoded::Incomplete
                } else {
                    Decoded::LengthKnown(known)
                };
                let decoded = FrameHeader::decode(&bytes[..end], SERVER);
                assert_eq!(decoded, Ok(expected));
            }
        }
    }

    #[test]
    fn rsv1_begins_messages_only() {
        let open = Rules {
            message_open: true,
            ..SERVER
        };
        assert!(FrameHeader::decode(&[0xc1, 0x80], SERVER).is_ok());
        for (first, rules) in [(0xc0, open), (0xc9, SERVER), (0xc8, open)] {
            let decoded = FrameHeader::decode(&[first, 0x80], rules);
            assert_eq!(decoded, Err(ProtocolError::UnexpectedRsv1));
        }
    }
}
