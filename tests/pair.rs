//! Two ends talk: ours with ours, and ours with tungstenite's as an independent one.

mod support;

use std::{
    io::{self, Read, Write},
    time::{Duration, Instant},
};

use oxws::proto::{
    Heartbeat, HeartbeatAction, HeartbeatConfig, Opcode, Receiver, Role, SendOptions, Sender,
};
use proptest::prelude::*;
use support::{
    ROLES, Received, config, masking_key, peer_of, receive_as_lane, receive_chunk, receiver,
};
use tungstenite::{
    Message, WebSocket,
    protocol::{
        Role as TheirRole,
        frame::{
            Frame,
            coding::{Data, OpCode},
        },
    },
};

/// Something to send.
#[derive(Clone, Debug)]
enum Sent {
    /// A message in these fragments, with a ping between them if there is a payload for it.
    Message(bool, Vec<Vec<u8>>, Option<Vec<u8>>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

impl Sent {
    /// The frames it takes: opcode, FIN, payload.
    fn frames(&self) -> Vec<(Opcode, bool, &[u8])> {
        match self {
            Self::Ping(payload) => vec![(Opcode::Ping, true, payload)],
            Self::Pong(payload) => vec![(Opcode::Pong, true, payload)],
            Self::Message(binary, fragments, ping) => {
                let kind = if *binary {
                    Opcode::Binary
                } else {
                    Opcode::Text
                };
                let mut frames = Vec::new();
                for (i, fragment) in fragments.iter().enumerate() {
                    let opcode = if i == 0 { kind } else { Opcode::Continuation };
                    frames.push((opcode, i + 1 == fragments.len(), fragment.as_slice()));
                    if let (0, Some(ping)) = (i, ping) {
                        frames.push((Opcode::Ping, true, ping));
                    }
                }
                frames
            }
        }
    }

    /// What the peer is told of it.
    fn received(&self) -> Vec<Received> {
        match self {
            Self::Ping(payload) => vec![Received::Ping(payload.clone())],
            Self::Pong(payload) => vec![Received::Pong(payload.clone())],
            Self::Message(binary, fragments, ping) => {
                let kind = if *binary {
                    Received::Binary
                } else {
                    Received::Text
                };
                let message = kind(fragments.concat());
                let ping = ping.clone().map(Received::Ping);
                if fragments.len() > 1 {
                    ping.into_iter().chain([message]).collect()
                } else {
                    [message].into_iter().chain(ping).collect()
                }
            }
        }
    }
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![
        4 => 0..130_usize,
        2 => 0..5000_usize,
        1 => prop::sample::select(vec![125, 126, 127, 65_535, 65_536, 65_537, 150_000]),
    ];
    (length, any::<u8>()).prop_map(|(length, seed)| {
        (0..length)
            .map(|i| (i as u8).wrapping_mul(31).wrapping_add(seed))
            .collect()
    })
}

fn control_payload() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..=125)
}

fn sent() -> impl Strategy<Value = Sent> {
    let binary = prop::collection::vec(payload(), 1..4);
    let text = (
        "\\PC{0,60}",
        prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    );
    // Cut anywhere, also inside a character.
    let text = text.prop_map(|(text, cuts)| {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        cuts.sort_unstable();
        let ends = cuts.iter().copied().chain([text.len()]);
        let starts = [0].into_iter().chain(cuts.iter().copied());
        starts
            .zip(ends)
            .map(|(start, end)| text.as_bytes()[start..end].to_vec())
            .collect()
    });
    let ping = || prop::option::weighted(0.3, control_payload());
    prop_oneof![
        3 => (binary, ping()).prop_map(|(fragments, ping)| Sent::Message(true, fragments, ping)),
        3 => (text, ping()).prop_map(|(fragments, ping)| Sent::Message(false, fragments, ping)),
        1 => control_payload().prop_map(Sent::Ping),
        1 => control_payload().prop_map(Sent::Pong),
    ]
}

fn conversation() -> impl Strategy<Value = Vec<Sent>> {
    prop::collection::vec(sent(), 0..12)
}

/// What our end puts on the wire.
fn encode(role: Role, conversation: &[Sent]) -> Vec<u8> {
    let mut sender = Sender::new(&config(role));
    let mut out = Vec::new();
    let mut key = [1, 2, 3, 4];
    for (opcode, fin, payload) in conversation.iter().flat_map(Sent::frames) {
        key = key.map(|byte: u8| byte.wrapping_mul(5).wrapping_add(1));
        let options = SendOptions {
            opcode,
            fin,
            compress: true,
            mask: masking_key(role).map(|_| key.into()),
        };
        sender.send(options, payload, &mut out);
    }
    out
}

fn expected(conversation: &[Sent]) -> Vec<Received> {
    conversation.iter().flat_map(Sent::received).collect()
}

/// Hands `bytes` in, in chunks of the given sizes in turn.
fn receive_in(receiver: &mut Receiver, mut bytes: &[u8], sizes: &[usize]) -> Vec<Received> {
    let mut received = Vec::new();
    let mut sizes = sizes.iter().cycle();
    while !bytes.is_empty() {
        let size = sizes.next().map_or(bytes.len(), |size| *size);
        let (chunk, rest) = bytes.split_at(size.min(bytes.len()));
        received.extend(receive_chunk(receiver, chunk));
        bytes = rest;
    }
    received
}

/// A stream of which both directions are in memory.
#[derive(Default)]
struct Pipe<'a> {
    input: &'a [u8],
    output: Vec<u8>,
}

impl Read for Pipe<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.input.read(buffer)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl Write for Pipe<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn tungstenite<'a>(role: Role, input: &'a [u8]) -> WebSocket<Pipe<'a>> {
    let role = match role {
        Role::Client => TheirRole::Client,
        Role::Server => TheirRole::Server,
    };
    let output = Vec::new();
    WebSocket::from_raw_socket(Pipe { input, output }, role, None)
}

/// What tungstenite reads from `bytes`.
fn tungstenite_receives(role: Role, bytes: &[u8]) -> Vec<Received> {
    let mut socket = tungstenite(role, bytes);
    let mut received = Vec::new();
    loop {
        received.push(match socket.read() {
            Ok(Message::Text(text)) => Received::Text(text.as_bytes().to_vec()),
            Ok(Message::Binary(bytes)) => Received::Binary(bytes.to_vec()),
            Ok(Message::Ping(bytes)) => Received::Ping(bytes.to_vec()),
            Ok(Message::Pong(bytes)) => Received::Pong(bytes.to_vec()),
            Ok(other) => panic!("unexpected {other}"),
            Err(tungstenite::Error::Io(_)) => return received,
            Err(error) => panic!("{error}"),
        });
    }
}

/// What tungstenite puts on the wire.
fn tungstenite_encodes(role: Role, conversation: &[Sent]) -> Vec<u8> {
    let mut socket = tungstenite(role, &[]);
    for (opcode, fin, payload) in conversation.iter().flat_map(Sent::frames) {
        let payload = payload.to_vec();
        let data = |data| Frame::message(payload.clone(), OpCode::Data(data), fin);
        let frame = match opcode {
            Opcode::Text => data(Data::Text),
            Opcode::Binary => data(Data::Binary),
            Opcode::Continuation => data(Data::Continue),
            Opcode::Ping => Frame::ping(payload),
            _ => Frame::pong(payload),
        };
        socket
            .send(Message::Frame(frame))
            .expect("a pipe takes everything");
    }
    std::mem::take(&mut socket.get_mut().output)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn ours_and_ours(
        conversation in conversation(),
        sizes in prop::collection::vec(1..3000_usize, 1..8),
        step in 1..200_000_usize,
    ) {
        for role in ROLES {
            let bytes = encode(role, &conversation);
            let mut end = receiver(peer_of(role));
            let expected = expected(&conversation);
            prop_assert_eq!(&receive_in(&mut end, &bytes, &sizes), &expected);
            prop_assert_eq!(&receive_as_lane(&mut end, &bytes, step), &expected);
        }
    }

    #[test]
    fn ours_to_tungstenite(conversation in conversation()) {
        for role in ROLES {
            let bytes = encode(role, &conversation);
            let received = tungstenite_receives(peer_of(role), &bytes);
            prop_assert_eq!(received, expected(&conversation));
        }
    }

    #[test]
    fn tungstenite_to_ours(
        conversation in conversation(),
        sizes in prop::collection::vec(1..3000_usize, 1..8),
    ) {
        for role in ROLES {
            let bytes = tungstenite_encodes(role, &conversation);
            let mut end = receiver(peer_of(role));
            prop_assert_eq!(receive_in(&mut end, &bytes, &sizes), expected(&conversation));
        }
    }

    /// Bytes that no peer would send: no panic, at most one failure, and the same events in
    /// whatever pieces they come.
    #[test]
    fn noise(bytes in prop::collection::vec(any::<u8>(), 0..600), cut in 0..600_usize) {
        for role in ROLES {
            let whole = receive_chunk(&mut receiver(role), &bytes);
            let (first, second) = bytes.split_at(cut.min(bytes.len()));
            let mut end = receiver(role);
            let mut parts = receive_chunk(&mut end, first);
            parts.extend(receive_chunk(&mut end, second));
            prop_assert_eq!(parts, whole);
        }
    }
}

/// An end of a connection that answers pings and looks for signs of life.
struct End {
    role: Role,
    sender: Sender,
    receiver: Receiver,
    heartbeat: Heartbeat,
}

impl End {
    fn new(role: Role, heartbeat: HeartbeatConfig, now: Instant) -> Self {
        Self {
            role,
            sender: Sender::new(&config(role)),
            receiver: receiver(role),
            heartbeat: Heartbeat::new(heartbeat, now),
        }
    }

    fn send(&mut self, opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
        let options = SendOptions {
            opcode,
            fin: true,
            compress: false,
            mask: masking_key(self.role),
        };
        self.sender.send(options, payload, out);
    }

    /// Takes what came; returns the answers.
    fn receive(&mut self, bytes: &[u8], now: Instant) -> Vec<u8> {
        let mut out = Vec::new();
        if !bytes.is_empty() {
            self.heartbeat.handle_activity(now);
        }
        for received in receive_chunk(&mut self.receiver, bytes) {
            match received {
                Received::Ping(payload) => self.send(Opcode::Pong, &payload, &mut out),
                Received::Pong(_) => {}
                other => panic!("unexpected {other:?}"),
            }
        }
        out
    }
}

#[test]
fn a_heartbeat_keeps_a_silent_connection_until_the_peer_is_gone() {
    let settings = |interval| HeartbeatConfig {
        interval: Duration::from_secs(interval),
        timeout: Duration::from_secs(10),
    };
    let start = Instant::now();
    let mut server = End::new(Role::Server, settings(30), start);
    let mut client = End::new(Role::Client, settings(3600), start);
    let mut pings = 0;
    for second in 1..=500 {
        let now = start + Duration::from_secs(second);
        let mut out = Vec::new();
        match server.heartbeat.handle_timeout(now) {
            HeartbeatAction::Wait => {}
            HeartbeatAction::SendPing => {
                pings += 1;
                server.send(Opcode::Ping, b"", &mut out);
            }
            // The last pong came in second 300.
            HeartbeatAction::Dead => {
                assert_eq!((second, pings), (340, 11));
                return;
            }
        }
        if second <= 300 {
            let answer = client.receive(&out, now);
            server.receive(&answer, now);
        }
    }
    panic!("the peer was never given up");
}
