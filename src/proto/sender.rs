//! The sending half of a connection: messages in, frames out.

use super::{Config, FrameHeader, MaskingKey, Opcode, apply_mask, extension::deflate::Compressor};

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
    /// Whether a fragment was sent and the last one was not; if so, whether it was compressed.
    open_message: Option<Compressed>,
    deflate: Option<Box<Deflate>>,
}

type Compressed = bool;

/// Present if permessage-deflate was negotiated.
#[derive(Debug)]
struct Deflate {
    /// `None` while it is lent.
    compressor: Option<Compressor>,
    /// Shorter messages are not worth it.
    threshold: usize,
}

impl Sender {
    /// A sender at the first byte behind the opening handshake.
    pub fn new(config: &Config) -> Self {
        let deflate = config.deflate.as_ref().map(|config| {
            Box::new(Deflate {
                compressor: Some(Compressor::new(config)),
                threshold: config.send_threshold(),
            })
        });
        Self {
            open_message: None,
            deflate,
        }
    }

    /// Appends the frame of `payload` to `out`.
    pub fn send(&mut self, options: SendOptions, payload: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        let compressed = self.compresses(&options, payload.len());
        let compressor = self
            .deflate
            .as_mut()
            .and_then(|deflate| deflate.compressor.as_mut());
        let payload_start = match compressor {
            Some(compressor) if compressed => {
                compressor.compress(payload, options.fin, out);
                let payload_len = out.len() - start;
                self.frame_header(options, compressed, payload_len, out);
                // The length had to be known first. Now the header changes places with the payload.
                let header_len = out.len() - start - payload_len;
                out.get_mut(start..)
                    .unwrap_or_default()
                    .rotate_right(header_len);
                start + header_len
            }
            _ => {
                self.frame_header(options, compressed, payload.len(), out);
                let payload_start = out.len();
                out.extend_from_slice(payload);
                payload_start
            }
        };
        if let (Some(key), Some(masked)) = (options.mask, out.get_mut(payload_start..)) {
            apply_mask(masked, key, 0);
        }
    }

    /// Appends the header of a frame whose payload goes out by another way, as it is: not if
    /// [`Sender::compresses`] says so.
    pub fn header(&mut self, options: SendOptions, payload_len: usize, out: &mut Vec<u8>) {
        self.frame_header(options, false, payload_len, out);
    }

    /// Whether [`Sender::send`] would compress a payload of this length (RFC 7692 section 6.1). The
    /// first fragment decides for its message.
    pub fn compresses(&self, options: &SendOptions, payload_len: usize) -> bool {
        if options.opcode.is_control() {
            return false;
        }
        match (&self.deflate, self.open_message) {
            (None, _) => false,
            (Some(_), Some(compressed)) => compressed,
            (Some(deflate), None) => options.compress && payload_len >= deflate.threshold,
        }
    }

    /// Lends the compressor, so that another thread can compress the next payload with it. Until
    /// it is given back nothing may be sent but control frames.
    pub fn lend_compressor(&mut self) -> Option<Compressor> {
        self.deflate.as_mut()?.compressor.take()
    }

    /// Takes the compressor back and appends the frame of what it has made of a payload.
    pub fn send_compressed(
        &mut self,
        options: SendOptions,
        compressor: Compressor,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) {
        if let Some(deflate) = &mut self.deflate {
            deflate.compressor = Some(compressor);
        }
        self.frame_header(options, true, payload.len(), out);
        let payload_start = out.len();
        out.extend_from_slice(payload);
        if let (Some(key), Some(masked)) = (options.mask, out.get_mut(payload_start..)) {
            apply_mask(masked, key, 0);
        }
    }

    /// Gives the memory back that a connection without traffic need not hold.
    pub fn hibernate(&mut self) {
        let compressor = self
            .deflate
            .as_mut()
            .and_then(|deflate| deflate.compressor.as_mut());
        if let Some(compressor) = compressor {
            compressor.release();
        }
    }

    fn frame_header(
        &mut self,
        options: SendOptions,
        compressed: bool,
        payload_len: usize,
        out: &mut Vec<u8>,
    ) {
        let is_first = options.opcode.is_control() || self.open_message.is_none();
        let header = FrameHeader {
            fin: options.fin,
            // RFC 7692 section 6.1: only the first frame of a message says that it is compressed.
            rsv1: compressed && is_first,
            // Section 5.4: only the first fragment says what the message is.
            opcode: if is_first {
                options.opcode
            } else {
                Opcode::Continuation
            },
            mask: options.mask,
            payload_len: payload_len as u64,
        };
        if !options.opcode.is_control() {
            self.open_message = (!options.fin).then_some(compressed);
        }
        header.encode(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{Limits, Role};

    fn sender() -> Sender {
        Sender::new(&Config {
            role: Role::Server,
            limits: Limits::default(),
            skip_utf8_validation: false,
            deflate: None,
        })
    }

    fn options(opcode: Opcode, fin: bool) -> SendOptions {
        SendOptions {
            opcode,
            fin,
            compress: true,
            mask: None,
        }
    }

    #[test]
    fn only_the_first_fragment_says_what_the_message_is() {
        let mut sender = sender();
        let mut out = Vec::new();
        sender.send(options(Opcode::Text, false), b"a", &mut out);
        sender.send(options(Opcode::Ping, true), b"", &mut out);
        sender.send(options(Opcode::Binary, false), b"", &mut out);
        sender.send(options(Opcode::Binary, true), b"b", &mut out);
        sender.send(options(Opcode::Binary, true), b"c", &mut out);
        assert_eq!(out, b"\x01\x01a\x89\0\0\0\x80\x01b\x82\x01c");
    }

    #[test]
    fn a_header_may_go_ahead_of_its_payload() {
        let mut out = Vec::new();
        let mut apart = sender();
        apart.header(options(Opcode::Text, false), 3, &mut out);
        out.extend(b"abc");
        apart.header(options(Opcode::Text, true), 0, &mut out);
        assert_eq!(out, b"\x01\x03abc\x80\0");
    }

    #[test]
    fn what_stands_in_the_buffer_already_is_not_masked() {
        let mut out = b"before".to_vec();
        let mask = Some([0xff; 4].into());
        let options = SendOptions {
            mask,
            ..options(Opcode::Binary, true)
        };
        sender().send(options, &[0x0f; 5], &mut out);
        assert_eq!(out, b"before\x82\x85\xff\xff\xff\xff\xf0\xf0\xf0\xf0\xf0");
    }
}
