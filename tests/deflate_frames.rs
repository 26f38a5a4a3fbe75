//! Compressed messages as frames: RSV1, fragments, control frames between them, limits, and what
//! ws decides about when to compress.

mod deflate_support;

use deflate_support::reference_inflate;
use oxws::proto::extension::deflate::Compressor;
use oxws::proto::extension::permessage_deflate::{DeflateConfig, Direction};
use oxws::proto::{
    Chunk, Config, Event, Limits, MaskingKey, Opcode, Payload, ProtocolError, Receiver, Role,
    SendOptions, Sender,
};

const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

/// A received event with its payload.
#[derive(Clone, Debug, PartialEq)]
enum Received {
    Message { binary: bool, data: Vec<u8> },
    Ping(Vec<u8>),
    Other,
}

fn text(data: &str) -> Received {
    Received::Message {
        binary: false,
        data: data.as_bytes().to_vec(),
    }
}

fn config(role: Role, deflate: Option<DeflateConfig>) -> Config {
    Config {
        role,
        limits: Limits::default(),
        skip_utf8_validation: false,
        deflate,
    }
}

/// A client's receiver: frames to it are not masked.
fn client() -> Receiver {
    Receiver::new(&config(Role::Client, Some(DeflateConfig::default())))
}

fn limited(limits: Limits) -> Receiver {
    Receiver::new(&Config {
        limits,
        ..config(Role::Client, Some(DeflateConfig::default()))
    })
}

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        len @ ..126 => frame.push(len as u8),
        len => {
            frame.push(126);
            frame.extend_from_slice(&(len as u16).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

fn compressed(data: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    Compressor::new(&DeflateConfig::default()).compress(data, true, &mut payload);
    payload
}

/// Hands the bytes in, one chunk after the other.
fn receive(receiver: &mut Receiver, chunks: &[&[u8]]) -> Result<Vec<Received>, ProtocolError> {
    let mut events = Vec::new();
    for bytes in chunks {
        let mut bytes = bytes.to_vec();
        let mut chunk = Chunk::new(&mut bytes);
        while let Some(event) = receiver.next_event(&mut chunk)? {
            let bytes = |payload: &Payload| match payload {
                Payload::InChunk(range) => chunk.bytes()[range.clone()].to_vec(),
                Payload::Buffered => receiver.buffered().to_vec(),
            };
            events.push(match &event {
                Event::Message { binary, payload } => Received::Message {
                    binary: *binary,
                    data: bytes(payload),
                },
                Event::Ping(payload) => Received::Ping(bytes(payload)),
                _ => Received::Other,
            });
        }
    }
    Ok(events)
}

fn receive_all(bytes: &[u8]) -> Result<Vec<Received>, ProtocolError> {
    receive(&mut client(), &[bytes])
}

fn options(opcode: Opcode, fin: bool, compress: bool) -> SendOptions {
    SendOptions {
        opcode,
        fin,
        compress,
        mask: None,
    }
}

fn sender(context_takeover: bool, threshold: usize) -> Sender {
    let send = Direction {
        context_takeover,
        ..Direction::default()
    };
    let deflate = DeflateConfig {
        send,
        threshold,
        ..DeflateConfig::default()
    };
    Sender::new(&config(Role::Server, Some(deflate)))
}

fn send(sender: &mut Sender, options: SendOptions, payload: &[u8]) -> Vec<u8> {
    let mut out = b"before".to_vec();
    sender.send(options, payload, &mut out);
    out.split_off(6)
}

#[test]
fn message_in_one_frame() {
    assert_eq!(receive_all(&frame(0xc1, &HELLO)), Ok(vec![text("Hello")]));
}

#[test]
fn any_split_into_chunks_gives_the_same_events() {
    let mut bytes = frame(0x41, &HELLO[..3]);
    bytes.extend(frame(0x89, b"ping"));
    bytes.extend(frame(0x80, &HELLO[3..]));
    bytes.extend(frame(0x81, b"plain"));
    bytes.extend(frame(0xc1, &[0xf2, 0x00, 0x11, 0x00, 0x00]));
    let expected = vec![
        Received::Ping(b"ping".to_vec()),
        text("Hello"),
        text("plain"),
        text("Hello"),
    ];
    for split in 0..=bytes.len() {
        let (first, second) = bytes.split_at(split);
        let events = receive(&mut client(), &[first, second]);
        assert_eq!(events.as_ref(), Ok(&expected), "split at {split}");
    }
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(receive(&mut client(), &single), Ok(expected));
}

#[test]
fn masked_frames_are_unmasked_before_they_are_decompressed() {
    let key = MaskingKey::from([1, 2, 3, 4]);
    let config = |role| config(role, Some(DeflateConfig::default()));
    let mut sender = Sender::new(&config(Role::Client));
    let mut receiver = Receiver::new(&config(Role::Server));
    let mut bytes = Vec::new();
    let data = "a masked and compressed message, ".repeat(200);
    for (fin, part) in [(false, &data[..3000]), (true, &data[3000..])] {
        let options = SendOptions {
            mask: Some(key),
            ..options(Opcode::Text, fin, true)
        };
        sender.send(options, part.as_bytes(), &mut bytes);
    }
    assert!(bytes.len() < 300);
    assert_eq!(receive(&mut receiver, &[&bytes]), Ok(vec![text(&data)]));
}

#[test]
fn rsv1_is_refused_without_negotiation() {
    let mut receiver = Receiver::new(&config(Role::Client, None));
    let result = receive(&mut receiver, &[&frame(0xc1, &HELLO)]);
    assert_eq!(result, Err(ProtocolError::UnexpectedRsv1));
}

#[test]
fn rsv1_is_refused_on_continuations_and_control_frames() {
    let mut bytes = frame(0x41, &HELLO[..3]);
    bytes.extend(frame(0xc0, &HELLO[3..]));
    assert_eq!(receive_all(&bytes), Err(ProtocolError::UnexpectedRsv1));
    for first in [0xc8, 0xc9, 0xca] {
        let result = receive_all(&frame(first, &[]));
        assert_eq!(result, Err(ProtocolError::UnexpectedRsv1));
    }
}

#[test]
fn fragments_of_a_plain_message_stay_plain() {
    let mut bytes = frame(0x01, b"Hel");
    bytes.extend(frame(0x80, b"lo"));
    assert_eq!(receive_all(&bytes), Ok(vec![text("Hello")]));
}

#[test]
fn empty_frames_of_a_compressed_message() {
    assert_eq!(receive_all(&frame(0xc1, &[])), Ok(vec![text("")]));
    assert_eq!(receive_all(&frame(0xc1, &[0])), Ok(vec![text("")]));
    let mut bytes = frame(0x41, &[]);
    bytes.extend(frame(0x00, &HELLO));
    bytes.extend(frame(0x80, &[]));
    assert_eq!(receive_all(&bytes), Ok(vec![text("Hello")]));
}

#[test]
fn invalid_data_closes_with_1007() {
    let error = receive_all(&frame(0xc1, b"something invalid")).unwrap_err();
    assert_eq!(error, ProtocolError::InvalidCompressedData);
    assert_eq!((error.close_code(), error.number()), (1007, 14));
    assert_eq!(error.detail() as i32, -3);
}

#[test]
fn nothing_is_parsed_behind_invalid_data() {
    let mut receiver = client();
    let mut bytes = frame(0xc1, b"something invalid");
    bytes.extend(frame(0x81, b"more"));
    let mut chunk = Chunk::new(&mut bytes);
    assert!(receiver.next_event(&mut chunk).is_err());
    assert!(matches!(receiver.next_event(&mut chunk), Ok(None)));
}

#[test]
fn bomb_closes_with_1009() {
    let mut receiver = limited(Limits {
        max_payload: 1 << 20,
        ..Limits::default()
    });
    let bomb = compressed(&vec![0; 50 << 20]);
    let error = receive(&mut receiver, &[&frame(0xc2, &bomb)]).unwrap_err();
    assert_eq!(error, ProtocolError::UnsupportedMessageLength);
    assert_eq!(error.close_code(), 1009);
}

#[test]
fn limit_counts_what_the_fragments_inflate_to() {
    let payload = compressed(&[b'a'; 1000]);
    let mut bytes = frame(0x41, &payload[..4]);
    bytes.extend(frame(0x80, &payload[4..]));
    for (max_payload, fits) in [(1000, true), (999, false)] {
        let mut receiver = limited(Limits {
            max_payload,
            ..Limits::default()
        });
        assert_eq!(receive(&mut receiver, &[&bytes]).is_ok(), fits);
    }
}

#[test]
fn limit_counts_the_compressed_bytes_too() {
    let mut receiver = limited(Limits {
        max_payload: 5,
        ..Limits::default()
    });
    let header_only = &frame(0xc1, &HELLO)[..2];
    let result = receive(&mut receiver, &[header_only]);
    assert_eq!(result, Err(ProtocolError::UnsupportedMessageLength));
}

#[test]
fn fragments_are_counted_before_they_are_inflated() {
    let mut receiver = limited(Limits {
        max_fragments: 1,
        ..Limits::default()
    });
    let mut bytes = frame(0x41, &HELLO);
    bytes.extend(frame(0x80, b"something invalid"));
    let result = receive(&mut receiver, &[&bytes]);
    assert_eq!(result, Err(ProtocolError::TooManyFragments));
}

#[test]
fn inflated_text_must_be_utf8() {
    let payload = compressed(b"caf\xe9");
    let result = receive_all(&frame(0xc1, &payload));
    assert_eq!(result, Err(ProtocolError::InvalidUtf8));
    assert!(receive_all(&frame(0xc2, &payload)).is_ok());

    let mut receiver = Receiver::new(&Config {
        skip_utf8_validation: true,
        ..config(Role::Client, Some(DeflateConfig::default()))
    });
    assert!(receive(&mut receiver, &[&frame(0xc1, &payload)]).is_ok());
}

#[test]
fn characters_may_be_cut_by_fragments() {
    let mut sender = sender(true, 0);
    let data = "gr\u{fc}\u{df}e".as_bytes();
    let mut bytes = send(&mut sender, options(Opcode::Text, false, true), &data[..3]);
    bytes.extend(send(
        &mut sender,
        options(Opcode::Text, true, true),
        &data[3..],
    ));
    assert_eq!(receive_all(&bytes), Ok(vec![text("gr\u{fc}\u{df}e")]));
}

#[test]
fn fragment_ends_are_those_of_the_inflated_fragments() {
    let mut sender = sender(true, 0);
    let mut bytes = Vec::new();
    for (fin, len) in [(false, 100), (false, 0), (false, 1000), (true, 10)] {
        let fragment = vec![b'a'; len];
        bytes.extend(send(
            &mut sender,
            options(Opcode::Binary, fin, true),
            &fragment,
        ));
    }
    let mut receiver = client();
    assert_eq!(receive(&mut receiver, &[&bytes]).unwrap().len(), 1);
    let mut chunk = Chunk::new(&mut bytes);
    let mut receiver = client();
    receiver.next_event(&mut chunk).unwrap().unwrap();
    assert_eq!(receiver.fragment_ends(), [100, 1100, 1110]);
}

#[test]
fn only_the_first_frame_has_rsv1() {
    let mut sender = sender(true, 1024);
    let first = send(&mut sender, options(Opcode::Text, false, true), b"first");
    let ping = send(&mut sender, options(Opcode::Ping, true, true), b"ping");
    let second = send(&mut sender, options(Opcode::Binary, false, true), b"second");
    let last = send(&mut sender, options(Opcode::Text, true, true), b"last");
    assert_eq!(
        [first[0], ping[0], second[0], last[0]],
        [0x41, 0x89, 0x00, 0x80]
    );
    assert_eq!(&ping[2..], b"ping");
    let payload = [&first[2..], &second[2..], &last[2..], &[0, 0, 0xff, 0xff]].concat();
    let decoded = reference_inflate(&payload, &[]).unwrap();
    assert_eq!(decoded.data, b"firstsecondlast");
    assert_eq!(decoded.max_distance, 0);
}

#[test]
fn first_fragment_decides_for_its_message() {
    for compress in [true, false] {
        let mut sender = sender(true, 0);
        let mut bytes = send(&mut sender, options(Opcode::Text, false, compress), b"one ");
        assert!(!compress || sender.compresses(&options(Opcode::Text, true, false), 4));
        bytes.extend(send(
            &mut sender,
            options(Opcode::Text, true, !compress),
            b"two",
        ));
        assert_eq!(bytes[0], if compress { 0x41 } else { 0x01 });
        assert_eq!(receive_all(&bytes), Ok(vec![text("one two")]));
    }
}

#[test]
fn threshold_counts_only_without_context_takeover() {
    for (context_takeover, len, compressed) in [
        (false, 9, false),
        (false, 10, true),
        (true, 9, true),
        (true, 0, true),
    ] {
        let mut sender = sender(context_takeover, 10);
        let frame = send(
            &mut sender,
            options(Opcode::Binary, true, true),
            &vec![0; len],
        );
        assert_eq!(frame[0], if compressed { 0xc2 } else { 0x82 }, "{len}");
    }
}

#[test]
fn threshold_looks_at_the_first_fragment() {
    let mut sender = sender(false, 10);
    let first = send(&mut sender, options(Opcode::Binary, false, true), &[0; 9]);
    let second = send(&mut sender, options(Opcode::Binary, true, true), &[0; 100]);
    assert_eq!((first[0], second[0], second.len()), (0x02, 0x80, 102));
}

#[test]
fn lengths_of_all_sizes_are_those_of_the_compressed_payload() {
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    for len in [0, 1, 100, 125, 126, 127, 60_000, 65_535, 65_536, 200_000] {
        let data: Vec<u8> = (0..len).map(|_| noise()).collect();
        let bytes = send(
            &mut sender(true, 0),
            options(Opcode::Binary, true, true),
            &data,
        );
        let expected = Received::Message { binary: true, data };
        assert_eq!(receive_all(&bytes), Ok(vec![expected]), "{len}");
    }
}

#[test]
fn hibernation_is_not_noticed_by_the_peer() {
    let mut sender = sender(true, 0);
    let mut receiver = client();
    let data = "{\"type\":\"tick\",\"price\":1.5}".repeat(40);
    let mut lengths = Vec::new();
    for round in 0..4 {
        let bytes = send(
            &mut sender,
            options(Opcode::Text, true, true),
            data.as_bytes(),
        );
        lengths.push(bytes.len());
        assert_eq!(receive(&mut receiver, &[&bytes]), Ok(vec![text(&data)]));
        if round == 1 {
            sender.hibernate();
            receiver.hibernate();
        }
    }
    assert_eq!(lengths[0], lengths[2]);
    assert_eq!(lengths[1], lengths[3]);
}
