//! Options of a connection as JS passes them.

use std::time::Duration;

use napi_derive::napi;

use super::deflate::DeflateOptions;
use crate::proto::{Config, HeartbeatConfig, Limits, Role};

/// Options of one connection. JS has checked them.
#[napi(object)]
pub struct ConnectionOptions {
    /// Server side of the connection.
    pub is_server: bool,
    /// Bytes of a message; 0: no limit.
    pub max_payload: u32,
    /// Fragments of a message; 0: no limit.
    pub max_fragments: u32,
    /// Reads that may wait for the rest of a frame; 0: no limit.
    pub max_buffered_chunks: u32,
    /// Do not check text for valid UTF-8.
    pub skip_utf8_validation: bool,
    /// Answer pings.
    pub auto_pong: bool,
    /// Automatic pongs that may wait to be written; 0: no limit.
    pub max_pending_auto_pongs: u32,
    /// Milliseconds of silence before a ping; 0: no heartbeat.
    pub heartbeat_interval: f64,
    /// Milliseconds to wait for a sign of life after the ping.
    pub heartbeat_timeout: f64,
    /// permessage-deflate, if it was negotiated.
    pub deflate: Option<DeflateOptions>,
}

impl ConnectionOptions {
    /// The engine's part.
    pub(super) fn engine(&self) -> Config {
        Config {
            role: if self.is_server {
                Role::Server
            } else {
                Role::Client
            },
            limits: Limits {
                max_payload: u64::from(self.max_payload),
                max_fragments: self.max_fragments,
                max_buffered_chunks: self.max_buffered_chunks,
            },
            skip_utf8_validation: self.skip_utf8_validation,
            deflate: self.deflate.as_ref().map(DeflateOptions::engine),
        }
    }

    /// The heartbeat, if there is to be one.
    pub(super) fn heartbeat(&self) -> Option<HeartbeatConfig> {
        (self.heartbeat_interval > 0.0).then(|| HeartbeatConfig {
            interval: Duration::from_secs_f64(self.heartbeat_interval / 1000.0),
            timeout: Duration::from_secs_f64(self.heartbeat_timeout / 1000.0),
        })
    }
}

/// The word that describes one send: bits of `SEND` in `lib/native.js`.
#[derive(Clone, Copy)]
pub(super) struct SendWord(u32);

impl SendWord {
    const OPCODE: u32 = 0x0f;
    const FIN: u32 = 0x10;
    const COMPRESS: u32 = 0x20;
    const MASK: u32 = 0x40;
    /// A 4-byte masking key stands before the payload.
    const KEY: u32 = 0x80;
    const RECEIPT: u32 = 0x100;
    /// The payload is the object that was just sent on another connection. Its bytes may have changed.
    const TO_MANY: u32 = 0x200;

    pub(super) fn new(word: u32) -> Self {
        Self(word)
    }

    pub(super) fn wants_receipt(self) -> bool {
        self.0 & Self::RECEIPT != 0
    }

    pub(super) fn goes_to_many(self) -> bool {
        self.0 & Self::TO_MANY != 0
    }

    /// What to send; `None` for bytes that are framed already. Splits a masking key off `payload`.
    pub(super) fn options(self, payload: &mut &[u8]) -> Option<crate::proto::SendOptions> {
        use crate::{entropy::MaskSource, proto};
        let opcode = proto::Opcode::from_bits((self.0 & Self::OPCODE) as u8)?;
        if opcode == proto::Opcode::Continuation {
            return None;
        }
        let mask = match payload.split_first_chunk::<4>() {
            Some((key, rest)) if self.0 & Self::KEY != 0 => {
                *payload = rest;
                Some(proto::MaskingKey::from(*key))
            }
            _ if self.0 & Self::MASK != 0 => Some(MaskSource::key()),
            _ => None,
        };
        let (fin, compress) = (self.0 & Self::FIN != 0, self.0 & Self::COMPRESS != 0);
        Some(proto::SendOptions {
            opcode,
            fin,
            compress,
            mask,
        })
    }
}

/// What `lib/staging.js` notes of one payload.
pub(super) struct SendRecord {
    /// The connection's number.
    pub(super) number: u32,
    pub(super) word: SendWord,
    offset: usize,
    length: usize,
}

impl SendRecord {
    pub(super) fn payload<'a>(&self, slab: &'a [u8]) -> &'a [u8] {
        &slab[self.offset..self.offset + self.length]
    }
}

/// The first `count` records of a page.
pub(super) fn send_records(page: &[u32], count: u32) -> impl Iterator<Item = SendRecord> {
    let (records, _) = page.as_chunks::<SEND_WORDS>();
    records
        .iter()
        .take(count as usize)
        .map(|&[number, word, offset, length]| SendRecord {
            number,
            word: SendWord::new(word),
            offset: offset as usize,
            length: length as usize,
        })
}

const SEND_WORDS: usize = 4;
