//! Frames on the wire (RFC 6455, section 5.2).

/// Text message.
pub const TEXT: u8 = 0x1;
/// Binary message.
pub const BINARY: u8 = 0x2;
/// Closing handshake.
pub const CLOSE: u8 = 0x8;

/// Longest header: two bytes, an eight-byte length, a masking key.
pub const HEADER_MAX: usize = 14;

const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;
const MASKED: u8 = 0x80;

/// A decoded frame header.
#[derive(Clone, Copy)]
pub struct Header {
    /// Last frame of its message.
    pub fin: bool,
    /// The message is compressed.
    pub rsv1: bool,
    /// What the frame carries.
    pub opcode: u8,
    /// Masking key, on frames of clients.
    pub mask: Option<[u8; 4]>,
    /// Payload bytes.
    pub length: u64,
}

impl Header {
    /// Decodes the header at the start of `bytes`: the header and its size, or nothing while
    /// bytes are missing.
    pub fn decode(bytes: &[u8]) -> Option<(Self, usize)> {
        let (&[first, second], rest) = bytes.split_first_chunk::<2>()?;
        let (length, rest) = match second & !MASKED {
            126 => {
                let (length, rest) = rest.split_first_chunk::<2>()?;
                (u64::from(u16::from_be_bytes(*length)), rest)
            }
            127 => {
                let (length, rest) = rest.split_first_chunk::<8>()?;
                (u64::from_be_bytes(*length), rest)
            }
            length => (u64::from(length), rest),
        };
        let (mask, rest) = if second & MASKED == 0 {
            (None, rest)
        } else {
            let (mask, rest) = rest.split_first_chunk::<4>()?;
            (Some(*mask), rest)
        };
        let header = Self {
            fin: first & FIN != 0,
            rsv1: first & RSV1 != 0,
            opcode: first & 0x0f,
            mask,
            length,
        };
        Some((header, bytes.len() - rest.len()))
    }

    /// Writes the header to the start of `out` and returns its size.
    pub fn encode(&self, out: &mut [u8; HEADER_MAX]) -> usize {
        let masked = if self.mask.is_some() { MASKED } else { 0 };
        out[0] = self.opcode | if self.fin { FIN } else { 0 } | if self.rsv1 { RSV1 } else { 0 };
        let mut size = match self.length {
            0..=125 => {
                out[1] = masked | self.length as u8;
                2
            }
            126..=0xffff => {
                out[1] = masked | 126;
                out[2..4].copy_from_slice(&(self.length as u16).to_be_bytes());
                4
            }
            _ => {
                out[1] = masked | 127;
                out[2..10].copy_from_slice(&self.length.to_be_bytes());
                10
            }
        };
        if let Some(mask) = self.mask {
            out[size..size + 4].copy_from_slice(&mask);
            size += 4;
        }
        size
    }

    /// Whether this is a control frame, which may stand between the frames of a message.
    pub fn is_control(&self) -> bool {
        self.opcode >= CLOSE
    }
}

/// Appends one whole message as a single frame.
pub fn append(out: &mut Vec<u8>, opcode: u8, rsv1: bool, mask: Option<[u8; 4]>, payload: &[u8]) {
    let header = Header {
        fin: true,
        rsv1,
        opcode,
        mask,
        length: payload.len() as u64,
    };
    let mut bytes = [0; HEADER_MAX];
    let size = header.encode(&mut bytes);
    out.extend_from_slice(&bytes[..size]);
    let start = out.len();
    out.extend_from_slice(payload);
    if let Some(mask) = mask {
        apply_mask(&mut out[start..], mask, 0);
    }
}

/// Masks or unmasks `payload`, the part of a frame that begins `offset` bytes into its payload.
pub fn apply_mask(payload: &mut [u8], mut mask: [u8; 4], offset: usize) {
    mask.rotate_left(offset % 4);
    let word = u64::from_ne_bytes([
        mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3],
    ]);
    let (words, tail) = payload.as_chunks_mut::<8>();
    for bytes in words {
        *bytes = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
    }
    for (byte, key) in tail.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}
