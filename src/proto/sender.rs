//! The sending half of a connection: messages in, frames out.

use super::{Config, FrameHeader, MaskingKey, Opcode, apply_mask};

/// How to send a payload.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SendOptions {
    /// What it is. The second and later fragments of a message become continuations whatever is
    /// said here.
    pub opcode: Opcode,
    /// Whether it is the whole message or its last fragment.
    pub fin: bool,
    /// Compress it if permessage-deflate was negotiated. The first fragment decides for its message.
    pub compress: bool,
    /// The masking key: a client has to give one (RFC 6455 section 5.1).
    pub mask: Option<MaskingKey>,
}

/// Frames what is sent.
#[derive(Debug)]
pub struct Sender {
    /// A fragment was sent and the last one was not.
    message_open: bool,
}

impl Sender {
    /// A sender at the first byte behind the opening handshake.
    pub fn new(_config: &Config) -> Self {
        Self {
            message_open: false,
        }
    }

    /// Appends the frame of `payload` to `out`.
    pub fn send(&mut self, options: SendOptions, payload: &[u8], out: &mut Vec<u8>) {
        self.header(options, payload.len(), out);
        let start = out.len();
        out.extend_from_slice(payload);
        if let (Some(key), Some(masked)) = (options.mask, out.get_mut(start..)) {
            apply_mask(masked, key, 0);
        }
    }

    /// Appends the header of an uncompressed frame whose payload goes out by another way.
    pub fn header(&mut self, options: SendOptions, payload_len: usize, out: &mut Vec<u8>) {
        let header = FrameHeader {
            fin: options.fin,
            rsv1: false,
            opcode: self.wire_opcode(&options),
            mask: options.mask,
            payload_len: payload_len as u64,
        };
        header.encode(out);
    }

    /// Section 5.4: only the first fragment says what the message is.
    fn wire_opcode(&mut self, options: &SendOptions) -> Opcode {
        if options.opcode.is_control() {
            return options.opcode;
        }
        let continued = std::mem::replace(&mut self.message_open, !options.fin);
        if continued {
            Opcode::Continuation
        } else {
            options.opcode
        }
    }
}
