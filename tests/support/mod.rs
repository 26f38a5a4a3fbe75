//! What the tests of the engine share: frames written by hand, ways to split them, and events
//! together with their payloads.
#![allow(dead_code, reason = "every test file uses a part of it")]

use oxws::proto::{
    Chunk, Config, Event, Limits, MaskingKey, Payload, ProtocolError, Receiver, Role,
};

/// Both roles, for tests that hold for each.
pub(crate) const ROLES: [Role; 2] = [Role::Client, Role::Server];

/// The key of all masked frames that are written by hand.
pub(crate) const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// What a receiver said, with the bytes it pointed to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Received {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, Vec<u8>),
    Failed(ProtocolError),
}

impl Received {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    fn new(event: &Event, bytes: Vec<u8>) -> Self {
        match event {
            Event::Message { binary: true, .. } => Self::Binary(bytes),
            Event::Message { binary: false, .. } => Self::Text(bytes),
            Event::Ping(_) => Self::Ping(bytes),
            Event::Pong(_) => Self::Pong(bytes),
            Event::Close { code, .. } => Self::Close(*code, bytes),
        }
    }
}

/// A connection without limits and extensions.
pub(crate) fn config(role: Role) -> Config {
    Config {
        role,
        limits: Limits::default(),
        skip_utf8_validation: false,
        deflate: None,
    }
}

pub(crate) fn receiver(role: Role) -> Receiver {
    Receiver::new(&config(role))
}

pub(crate) fn limited(role: Role, limits: Limits) -> Receiver {
    Receiver::new(&Config {
        limits,
        ..config(role)
    })
}

/// The bytes that hexadecimal digits stand for.
pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let digits: String = digits.split_whitespace().collect();
    (0..digits.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&digits[i..i + 2], 16).expect("hexadecimal digits"))
        .collect()
}

/// The header of a frame to `role`, which may announce more than will come.
pub(crate) fn header(role: Role, first: u8, length: u64) -> Vec<u8> {
    let mask = if role == Role::Server { 0x80 } else { 0 };
    let mut header = vec![first];
    match length {
        0..=125 => header.push(mask | length as u8),
        126..=0xffff => {
            header.push(mask | 126);
            header.extend((length as u16).to_be_bytes());
        }
        _ => {
            header.push(mask | 127);
            header.extend(length.to_be_bytes());
        }
    }
    if role == Role::Server {
        header.extend(KEY);
    }
    header
}

/// What byte `index` of a payload to `role` is masked with.
pub(crate) fn key_byte(role: Role, index: usize) -> u8 {
    if role == Role::Server {
        KEY[index % 4]
    } else {
        0
    }
}

/// A frame to `role`: masked if that is a server.
pub(crate) fn frame(role: Role, first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(role, first, payload.len() as u64);
    let key = if role == Role::Server { KEY } else { [0; 4] };
    frame.extend(payload.iter().zip(key.iter().cycle()).map(|(a, b)| a ^ b));
    frame
}

/// Hands one chunk in; an error comes last.
pub(crate) fn receive_chunk(receiver: &mut Receiver, bytes: &[u8]) -> Vec<Received> {
    let mut bytes = bytes.to_vec();
    let mut chunk = Chunk::new(&mut bytes);
    let mut all = Vec::new();
    loop {
        match receiver.next_event(&mut chunk) {
            Ok(Some(event)) => {
                let (Event::Message { payload, .. }
                | Event::Ping(payload)
                | Event::Pong(payload)
                | Event::Close {
                    reason: payload, ..
                }) = &event;
                let bytes = match payload {
                    Payload::InChunk(range) => chunk.bytes()[range.clone()].to_vec(),
                    Payload::Buffered => receiver.buffered().to_vec(),
                };
                all.push(Received::new(&event, bytes));
            }
            Ok(None) => return all,
            Err(error) => all.push(Received::Failed(error)),
        }
    }
}

/// Hands chunks in, one after the other.
pub(crate) fn receive(receiver: &mut Receiver, chunks: &[&[u8]]) -> Vec<Received> {
    chunks
        .iter()
        .flat_map(|chunk| receive_chunk(receiver, chunk))
        .collect()
}

/// As a lane does it: reads of at most `step` bytes, the rest of a long payload straight into the
/// receiver.
pub(crate) fn receive_as_lane(receiver: &mut Receiver, bytes: &[u8], step: usize) -> Vec<Received> {
    let mut all = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let missing = receiver.in_large_payload();
        let (now, later) = rest.split_at(step.min(rest.len()).min(missing.unwrap_or(step)));
        rest = later;
        if missing.is_none() {
            all.extend(receive_chunk(receiver, now));
            continue;
        }
        receiver.large_payload_buffer().extend_from_slice(now);
        match receiver.large_payload_appended(now.len()) {
            Ok(Some(event)) => all.push(Received::new(&event, receiver.buffered().to_vec())),
            Ok(None) => {}
            Err(error) => all.push(Received::Failed(error)),
        }
    }
    all
}

/// The bytes whole, byte by byte, and cut in two at every place.
pub(crate) fn splits(bytes: &[u8]) -> Vec<Vec<&[u8]>> {
    let mut splits = vec![vec![bytes], bytes.chunks(1).collect()];
    splits.extend((0..=bytes.len()).map(|i| vec![&bytes[..i], &bytes[i..]]));
    splits
}

pub(crate) fn masking_key(role: Role) -> Option<MaskingKey> {
    (role == Role::Client).then(|| KEY.into())
}

pub(crate) fn peer_of(role: Role) -> Role {
    match role {
        Role::Client => Role::Server,
        Role::Server => Role::Client,
    }
}

/// Expects the same events from every split of `bytes`.
pub(crate) fn check(make: impl Fn() -> Receiver, bytes: &[u8], expected: &[Received]) {
    for chunks in splits(bytes) {
        let lengths: Vec<usize> = chunks.iter().map(|chunk| chunk.len()).collect();
        let received = receive(&mut make(), &chunks);
        assert_eq!(received, expected, "{bytes:x?} in {lengths:?}");
    }
}

/// Expects `error`, in every split, and not before the last byte.
pub(crate) fn check_failure(make: impl Fn() -> Receiver, bytes: &[u8], error: ProtocolError) {
    check(&make, bytes, &[Received::Failed(error)]);
    let early = receive_chunk(&mut make(), &bytes[..bytes.len() - 1]);
    assert_eq!(early, [], "{bytes:x?} failed early");
}
