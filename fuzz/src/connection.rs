//! A whole connection, from bytes and calls that the input chooses.
//!
//! Input: five bytes of choices, a count of steps, the steps (a byte each), then what the peer
//! sends. The steps are gone through again and again until the peer's bytes are used up.

use std::time::{Duration, Instant};

use oxws::proto::{
    Chunk, Config, Event, Heartbeat, HeartbeatAction, HeartbeatConfig, Limits, MaskingKey, Opcode,
    Payload, ProtocolError, Receiver, Role, SendOptions, Sender,
};

use crate::{Input, inflate};

/// See the module.
pub fn run(role: Role, data: &[u8]) {
    let mut input = Input(data);
    let config = config(role, &mut input);
    let count = usize::from(input.byte());
    let steps = input.bytes(count);
    let bytes = input.0;
    let in_steps = Connection::new(&config).run(steps, bytes);
    // However the bytes come, they mean the same, unless the pieces themselves are limited.
    if config.limits.max_buffered_chunks == 0 {
        let whole = Connection::new(&config).run(&[], bytes);
        assert_eq!(in_steps, whole);
    }
}

fn config(role: Role, input: &mut Input<'_>) -> Config {
    let choices = input.byte();
    let deflate = inflate::config(input.byte(), input.byte());
    let (payload, pieces) = (input.byte(), input.byte());
    Config {
        role,
        limits: Limits {
            // Decompression makes much of little: that always has a limit.
            max_payload: match payload {
                0 => 1 << 16,
                limit => u64::from(limit),
            },
            max_fragments: u32::from(pieces & 0xf),
            max_buffered_chunks: u32::from(pieces >> 4),
        },
        skip_utf8_validation: choices & 1 != 0,
        deflate: (choices & 2 != 0).then_some(deflate),
    }
}

/// An event with its payload.
#[derive(Debug, PartialEq)]
enum Told {
    Message(bool, Vec<u8>, Vec<u32>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, Vec<u8>),
    Failed(ProtocolError),
}

struct Connection {
    config: Config,
    receiver: Receiver,
    sender: Sender,
    /// Reads what `sender` writes.
    peer: Receiver,
    heartbeat: Heartbeat,
    now: Instant,
    open_fragment: Vec<u8>,
    /// How much may still be sent: compressing is slow.
    sends_left: u32,
    told: Vec<Told>,
}

impl Connection {
    fn new(config: &Config) -> Self {
        let now = Instant::now();
        let heartbeat = HeartbeatConfig {
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(10),
        };
        // What we compress into a small window, the peer reads with one of the same size.
        let peer = Config {
            role: match config.role {
                Role::Client => Role::Server,
                Role::Server => Role::Client,
            },
            limits: Limits::default(),
            ..config.clone()
        };
        Self {
            receiver: Receiver::new(config),
            sender: Sender::new(config),
            peer: Receiver::new(&peer),
            heartbeat: Heartbeat::new(heartbeat, now),
            now,
            open_fragment: Vec::new(),
            sends_left: 16,
            told: Vec::new(),
            config: config.clone(),
        }
    }

    fn run(mut self, steps: &[u8], mut bytes: &[u8]) -> Vec<Told> {
        if steps.is_empty() {
            self.receive(bytes);
            return self.told;
        }
        for step in steps.iter().cycle() {
            if bytes.is_empty() {
                break;
            }
            let (kind, size) = (step >> 5, usize::from(step & 0x1f));
            match kind {
                0 => self.receiver.hibernate(),
                1 => self.pass_time(size as u64),
                2 => self.send_data(size, bytes),
                3 => self.send_control(size, bytes),
                _ => {}
            }
            // Every step receives something, so that the bytes come to an end.
            let size = match kind {
                4..=6 => 1 + size,
                7 => 1 + (size << 8),
                _ => 1,
            };
            let (chunk, rest) = bytes.split_at(size.min(bytes.len()));
            self.receive(chunk);
            bytes = rest;
        }
        self.told
    }

    fn receive(&mut self, bytes: &[u8]) {
        self.heartbeat.handle_activity(self.now);
        let mut bytes = bytes.to_vec();
        let mut chunk = Chunk::new(&mut bytes);
        loop {
            let ended = matches!(self.told.last(), Some(Told::Failed(_) | Told::Close(_, _)));
            let told = match self.receiver.next_event(&mut chunk) {
                Ok(None) => return,
                Ok(Some(event)) => self.look_at(&event, &chunk),
                Err(error) => Told::Failed(error),
            };
            assert!(!ended, "{told:?} after the end");
            self.told.push(told);
        }
    }

    fn look_at(&self, event: &Event, chunk: &Chunk<'_>) -> Told {
        let bytes = |payload: &Payload| match payload {
            Payload::InChunk(range) => chunk.bytes()[range.clone()].to_vec(),
            Payload::Buffered => self.receiver.buffered().to_vec(),
        };
        match event {
            Event::Ping(payload) => Told::Ping(bytes(payload)),
            Event::Pong(payload) => Told::Pong(bytes(payload)),
            Event::Close { code, reason } => Told::Close(*code, bytes(reason)),
            Event::Message { binary, payload } => {
                let (data, ends) = (bytes(payload), self.receiver.fragment_ends());
                assert!(data.len() as u64 <= self.config.limits.max_payload);
                assert!(*binary || self.config.skip_utf8_validation || is_text(&data));
                assert!(ends.is_sorted());
                assert!(ends.last().is_none_or(|end| *end as usize == data.len()));
                Told::Message(*binary, data, ends)
            }
        }
    }

    fn pass_time(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        let due = self.heartbeat.poll_timeout() <= self.now;
        match self.heartbeat.handle_timeout(self.now) {
            HeartbeatAction::Wait => assert!(!due),
            HeartbeatAction::SendPing | HeartbeatAction::Dead => assert!(due),
        }
    }

    /// Sends a fragment; the peer gets the message when it is complete.
    fn send_data(&mut self, choices: usize, bytes: &[u8]) {
        if self.sends_left == 0 {
            return;
        }
        self.sends_left -= 1;
        let payload = &bytes[..bytes.len().min(choices * 13)];
        let fin = choices & 1 != 0;
        let frame = self.frame(Opcode::Binary, fin, choices & 2 != 0, payload);
        self.open_fragment.extend_from_slice(payload);
        let expected = fin.then(|| std::mem::take(&mut self.open_fragment));
        let got = self.peer_reads(frame);
        assert_eq!(got, expected);
    }

    fn send_control(&mut self, choices: usize, bytes: &[u8]) {
        let payload = &bytes[..bytes.len().min(choices * 4)];
        let frame = self.frame(Opcode::Ping, true, choices & 1 != 0, payload);
        assert_eq!(self.peer_reads(frame), Some(payload.to_vec()));
    }

    fn frame(&mut self, opcode: Opcode, fin: bool, compress: bool, payload: &[u8]) -> Vec<u8> {
        let mask = match self.config.role {
            Role::Client => Some(MaskingKey::from([0x5a, payload.len() as u8, 0xff, 1])),
            Role::Server => None,
        };
        let options = SendOptions {
            opcode,
            fin,
            compress,
            mask,
        };
        let mut frame = Vec::new();
        self.sender.send(options, payload, &mut frame);
        frame
    }

    /// The payload of the only event that the frame makes at the peer's, if there is one.
    fn peer_reads(&mut self, mut frame: Vec<u8>) -> Option<Vec<u8>> {
        let mut chunk = Chunk::new(&mut frame);
        let event = self
            .peer
            .next_event(&mut chunk)
            .expect("our own frames are valid");
        let payload = match event {
            None => return None,
            Some(Event::Message { payload, .. } | Event::Ping(payload)) => payload,
            Some(event) => panic!("unexpected {event:?}"),
        };
        let payload = match payload {
            Payload::InChunk(range) => chunk.bytes()[range].to_vec(),
            Payload::Buffered => self.peer.buffered().to_vec(),
        };
        assert_eq!(self.peer.next_event(&mut chunk), Ok(None));
        Some(payload)
    }
}

fn is_text(data: &[u8]) -> bool {
    std::str::from_utf8(data).is_ok()
}
