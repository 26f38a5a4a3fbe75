//! Long payloads: read straight to where they are collected, they make the same events as in
//! chunks.
//!
//! Input: a byte of choices, a count of steps, the steps (two bytes each), then frames of five
//! bytes: what the frame is, its length in two bytes, what it is filled with, a wrong byte.

use std::sync::LazyLock;

use oxws::proto::{
    Chunk, Config, Event, FrameHeader, Limits, MaskingKey, Opcode, Payload, ProtocolError,
    Receiver, Role, apply_mask,
};

use crate::Input;

/// See the module.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let config = config(input.byte());
    let count = usize::from(input.byte() & 0xf);
    let steps: Vec<usize> = (0..count).map(|_| 1 + word(&mut input)).collect();
    let mut bytes = Vec::new();
    while !input.0.is_empty() && bytes.len() < MAX_BYTES {
        write_frame(config.role, &mut input, &mut bytes);
    }
    let mut in_chunks = Reader::new(&config);
    for chunk in bytes.chunks(64 * 1024) {
        in_chunks.parse(chunk);
    }
    let mut as_lane = Reader::new(&config);
    as_lane.read_as_lane(&bytes, &steps);
    assert_eq!(in_chunks.told, as_lane.told);
}

/// No limit on chunks: these differ.
fn config(choices: u8) -> Config {
    Config {
        role: if choices & 1 == 0 {
            Role::Server
        } else {
            Role::Client
        },
        limits: Limits {
            max_payload: [0, 65_536, 100_000, 200_000][usize::from(choices >> 1 & 3)],
            max_fragments: u32::from(choices >> 4),
            max_buffered_chunks: 0,
        },
        skip_utf8_validation: choices & 8 != 0,
        deflate: None,
    }
}

fn word(input: &mut Input<'_>) -> usize {
    usize::from(input.byte()) << 8 | usize::from(input.byte())
}

fn write_frame(role: Role, input: &mut Input<'_>, out: &mut Vec<u8>) {
    let kind = input.byte();
    let length = word(input) << (kind >> 2 & 1);
    let (fill, wrong) = (input.byte(), input.byte());
    let (opcode, length) = match kind & 3 {
        0 => (Opcode::Continuation, length),
        1 => (Opcode::Text, length),
        2 => (Opcode::Binary, length),
        _ => (Opcode::Ping, length % 126),
    };
    let key = MaskingKey::from([fill, 1, wrong, 0x80]);
    let header = FrameHeader {
        fin: kind & 0x80 != 0 || opcode == Opcode::Ping,
        rsv1: false,
        opcode,
        mask: (role == Role::Server).then_some(key),
        payload_len: length as u64,
    };
    header.encode(out);
    let start = out.len();
    // The first character may be cut.
    out.extend(&TEXT[usize::from(fill % 10)..][..length]);
    if let Some(byte) = out.get_mut(start + (usize::from(wrong) << 10)) {
        *byte ^= fill;
    }
    if header.mask.is_some() {
        apply_mask(&mut out[start..], key, 0);
    }
}

#[derive(Debug, PartialEq)]
enum Told {
    Message(bool, Vec<u8>, Vec<u32>),
    Ping(Vec<u8>),
    Failed(ProtocolError),
}

struct Reader {
    receiver: Receiver,
    told: Vec<Told>,
}

impl Reader {
    fn new(config: &Config) -> Self {
        Self {
            receiver: Receiver::new(config),
            told: Vec::new(),
        }
    }

    fn parse(&mut self, bytes: &[u8]) {
        let mut bytes = bytes.to_vec();
        let mut chunk = Chunk::new(&mut bytes);
        loop {
            let result = self.receiver.next_event(&mut chunk);
            if result == Ok(None) {
                return;
            }
            self.note(result, chunk.bytes());
        }
    }

    fn read_as_lane(&mut self, mut bytes: &[u8], steps: &[usize]) {
        let mut steps = steps.iter().copied().cycle();
        while !bytes.is_empty() {
            let step = steps.next().unwrap_or(usize::MAX).min(bytes.len());
            let Some(missing) = self.receiver.in_large_payload() else {
                let (chunk, rest) = bytes.split_at(step.min(64 * 1024));
                self.parse(chunk);
                bytes = rest;
                continue;
            };
            let (straight, rest) = bytes.split_at(step.min(missing));
            bytes = rest;
            let buffer = self.receiver.large_payload_buffer();
            buffer.extend_from_slice(straight);
            let result = self.receiver.large_payload_appended(straight.len());
            self.note(result, &[]);
        }
    }

    fn note(&mut self, result: Result<Option<Event>, ProtocolError>, chunk: &[u8]) {
        let failed = matches!(self.told.last(), Some(Told::Failed(_)));
        let bytes = |payload: Payload| match payload {
            Payload::InChunk(range) => chunk[range].to_vec(),
            Payload::Buffered => self.receiver.buffered().to_vec(),
        };
        let told = match result {
            Ok(None) => return,
            Ok(Some(Event::Message { binary, payload })) => {
                Told::Message(binary, bytes(payload), self.receiver.fragment_ends())
            }
            Ok(Some(Event::Ping(payload))) => Told::Ping(bytes(payload)),
            Ok(Some(event)) => panic!("nobody sent {event:?}"),
            Err(error) => Told::Failed(error),
        };
        assert!(!failed, "{told:?} after the end");
        self.told.push(told);
    }
}

/// Characters of every length, for the longest frame. Under a fuzzer it takes long to make them.
static TEXT: LazyLock<Vec<u8>> = LazyLock::new(|| "aé€𝄞".repeat(14_000).into_bytes());

/// Enough for what happens in long payloads; more is slow.
const MAX_BYTES: usize = 300 * 1024;
