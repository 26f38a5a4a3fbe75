//! The messages of a run, encoded once: connections send them in a circle, so that sending costs
//! the load generator one `write` and no thought.

use crate::config::{Deflate, Payload, PayloadKind};
use crate::{Result, deflate, frame};

/// A circle of different messages.
pub struct Cycle {
    /// All of them as frames, one after the other.
    pub wire: Vec<u8>,
    /// Each of them.
    pub messages: Vec<Message>,
}

/// One message of a [`Cycle`].
pub struct Message {
    /// Where its frame ends in [`Cycle::wire`].
    pub end: usize,
    /// What must come back.
    pub payload: Vec<u8>,
    /// Text or binary.
    pub opcode: u8,
}

impl Cycle {
    /// Encodes messages for `payload`, masked if this process is the client.
    pub fn new(payload: Payload, deflate: Option<Deflate>, masked: bool) -> Result<Self> {
        // Few enough to stay in the processor's cache, more than one so that a mix-up is seen.
        let count = (128 * 1024 / payload.size.max(1)).clamp(2, 32);
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let payloads: Vec<_> = (0..count).map(|_| generate(payload, &mut random)).collect();
        let bodies = match deflate {
            Some(deflate) => deflate::compress(&payloads, deflate.takeover)?,
            None => payloads.clone(),
        };
        let opcode = match payload.kind {
            PayloadKind::Binary => frame::BINARY,
            PayloadKind::Text | PayloadKind::Json => frame::TEXT,
        };
        let mut wire = Vec::new();
        let mut messages = Vec::with_capacity(count);
        for (payload, body) in payloads.into_iter().zip(&bodies) {
            let mask = masked.then(|| (random.next() as u32 | 1).to_ne_bytes());
            frame::append(&mut wire, opcode, deflate.is_some(), mask, body);
            messages.push(Message {
                end: wire.len(),
                payload,
                opcode,
            });
        }
        Ok(Self { wire, messages })
    }

    /// What comes back from a server that returns bytes instead of messages: masked payloads.
    pub fn into_raw(mut self) -> Self {
        for message in &mut self.messages {
            let end = message.end;
            let start = end - message.payload.len();
            message.payload.copy_from_slice(&self.wire[start..end]);
        }
        self
    }

    /// Where the frame of message `index` starts in [`Self::wire`].
    pub fn start(&self, index: usize) -> usize {
        match index.checked_sub(1) {
            Some(previous) => self.messages[previous].end,
            None => 0,
        }
    }

    /// The message after message `index`.
    pub fn next(&self, index: usize) -> usize {
        if index + 1 == self.messages.len() {
            0
        } else {
            index + 1
        }
    }

    /// Mean size of a frame.
    pub fn mean_frame(&self) -> f64 {
        self.wire.len() as f64 / self.messages.len() as f64
    }
}

/// xorshift64*: repeatable, and random enough for payloads and masking keys.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, limit: usize) -> usize {
        self.next() as usize % limit
    }
}

fn generate(payload: Payload, random: &mut Random) -> Vec<u8> {
    match payload.kind {
        PayloadKind::Binary => (0..payload.size).map(|_| random.next() as u8).collect(),
        PayloadKind::Text => text(payload.size, random, |random, text| {
            const WORDS: [&str; 8] = [
                "größe ",
                "Привет ",
                "漢字 ",
                "plain ",
                "naïve ",
                "🦀 ",
                "λόγος ",
                "한글 ",
            ];
            text.push_str(WORDS[random.below(WORDS.len())]);
        }),
        PayloadKind::Json => text(payload.size, random, |random, text| {
            const NAMES: [&str; 6] = ["ada", "grace", "edsger", "barbara", "donald", "tony"];
            const STATES: [&str; 4] = ["open", "pending", "shipped", "returned"];
            text.push_str(&format!(
                "{{\"id\":{},\"user\":\"{}{}\",\"state\":\"{}\",\"amount\":{}.{:02},\"at\":\"2026-11-{:02}T{:02}:{:02}:{:02}Z\",\"tags\":[\"a{}\",\"b{}\"]}},",
                random.below(1_000_000),
                NAMES[random.below(NAMES.len())],
                random.below(500),
                STATES[random.below(STATES.len())],
                random.below(2_000),
                random.below(100),
                random.below(28) + 1,
                random.below(24),
                random.below(60),
                random.below(60),
                random.below(40),
                random.below(40),
            ));
        }),
    }
}

/// Calls `more` until there are `size` bytes of text, then drops characters and fills up with spaces.
fn text(size: usize, random: &mut Random, more: impl Fn(&mut Random, &mut String)) -> Vec<u8> {
    let mut text = String::with_capacity(size + 256);
    while text.len() < size {
        more(random, &mut text);
    }
    while text.len() > size {
        text.pop();
    }
    let mut bytes = text.into_bytes();
    bytes.resize(size, b' ');
    bytes
}
