//! Frame headers: ours against tungstenite's, both ways.
//!
//! Input: a byte of choices, then what comes from the peer.

use std::io::Cursor;

use oxws::proto::{
    Chunk, Config, Event, FrameHeader, HEADER_MAX, Limits, MaskingKey, Opcode, Payload,
    ProtocolError, Receiver, Role,
};
use tungstenite::protocol::frame::{FrameHeader as Theirs, coding::OpCode};

use crate::Input;

/// See the module.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let choices = input.byte();
    let role = if choices & 1 == 0 {
        Role::Server
    } else {
        Role::Client
    };
    let bytes = input.bytes(HEADER_MAX);
    decode(role, bytes);
    encode(role, choices, bytes);
}

/// What the engine says about the header at the start of `bytes`, against what tungstenite reads.
fn decode(role: Role, bytes: &[u8]) {
    let config = Config {
        role,
        limits: Limits::default(),
        skip_utf8_validation: true,
        deflate: None,
    };
    let mut cursor = Cursor::new(bytes);
    let theirs = Theirs::parse(&mut cursor);
    let mut frame = bytes.to_vec();
    if let Ok(Some((_, length))) = &theirs {
        let end = length.saturating_add(cursor.position());
        frame.truncate(usize::try_from(end).unwrap_or(usize::MAX));
    }
    let mut chunk = Chunk::new(&mut frame);
    let verdict = Receiver::new(&config).next_event(&mut chunk);
    match theirs {
        // Tungstenite refuses reserved opcodes while it parses.
        Err(_) => assert!(verdict.is_err()),
        Ok(None) => assert!(!matches!(verdict, Ok(Some(_)))),
        Ok(Some((theirs, length))) => check(role, bytes, &theirs, length, verdict),
    }
}

fn check(
    role: Role,
    bytes: &[u8],
    theirs: &Theirs,
    length: u64,
    verdict: Result<Option<Event>, ProtocolError>,
) {
    let control = matches!(theirs.opcode, OpCode::Control(_));
    let reserved = theirs.rsv1 || theirs.rsv2 || theirs.rsv3;
    let allowed = !reserved
        && theirs.mask.is_some() == (role == Role::Server)
        && u8::from(theirs.opcode) != 0
        && length < 1 << 53
        && !(control && (!theirs.is_final || bytes[1] & 0x7f > 125))
        && !(u8::from(theirs.opcode) == 8 && length == 1);
    match verdict {
        Err(ProtocolError::InvalidCloseCode(_)) => assert!(allowed && u8::from(theirs.opcode) == 8),
        Err(_) => assert!(!allowed),
        Ok(None) => {
            assert!(allowed);
            assert!(length > 0 || !theirs.is_final);
        }
        Ok(Some(event)) => {
            assert!(allowed && theirs.is_final);
            let (Event::Message { payload, .. }
            | Event::Ping(payload)
            | Event::Pong(payload)
            | Event::Close {
                reason: payload, ..
            }) = &event;
            let Payload::InChunk(range) = payload else {
                panic!("the payload left the chunk");
            };
            assert!(range.end <= bytes.len());
            match event {
                Event::Close { code: Some(_), .. } => assert_eq!(range.len() as u64 + 2, length),
                _ => assert_eq!(range.len() as u64, length),
            }
        }
    }
}

/// What the engine writes, tungstenite reads back.
fn encode(role: Role, choices: u8, bytes: &[u8]) {
    let mut input = Input(bytes);
    let Some(opcode) = Opcode::from_bits(choices >> 1 & 0xf) else {
        return;
    };
    let mut word = [0; 8];
    word.iter_mut().for_each(|byte| *byte = input.byte());
    let mut key = [0; 4];
    key.iter_mut().for_each(|byte| *byte = input.byte());
    let header = FrameHeader {
        fin: choices & 0x20 != 0,
        rsv1: choices & 0x40 != 0,
        opcode,
        mask: (role == Role::Client).then(|| MaskingKey::from(key)),
        payload_len: u64::from_be_bytes(word) >> (choices & 0x3f),
    };
    let mut out = Vec::new();
    header.encode(&mut out);
    assert!(out.len() <= HEADER_MAX);
    let read = Theirs::parse(&mut Cursor::new(&out));
    let Ok(Some((theirs, length))) = read else {
        panic!("{header:?} became {out:x?}");
    };
    assert_eq!(length, header.payload_len);
    assert_eq!(theirs.is_final, header.fin);
    assert_eq!(theirs.rsv1, header.rsv1);
    assert_eq!(u8::from(theirs.opcode), opcode.bits());
    assert_eq!(theirs.mask, header.mask.map(MaskingKey::bytes));
}
