//! Whatever a peer sends, a receiver holds at most twice what the configured limit allows a message
//! to be, and 4 KiB; with permessage-deflate, the window and an inflater besides.

mod memory_support;
mod support;

use memory_support::Meter;
use oxws::proto::{
    Chunk, Config, Limits, Receiver, Role,
    extension::{deflate::Compressor, permessage_deflate::DeflateConfig},
};
use support::{ROLES, config, frame};

/// A window of 32 KiB, of which one copy is the decompressor's and another the inflater's, and the
/// inflater's tables.
const DEFLATE_BYTES: usize = 96 * 1024;

/// Limits around the sizes at which a growing buffer is moved.
const LIMITS: [usize; 4] = [1, 100, 4097, 33_000];

fn meter(role: Role, limit: usize, deflate: bool) -> Meter {
    let config = Config {
        limits: Limits {
            max_payload: limit as u64,
            ..Limits::default()
        },
        deflate: deflate.then(DeflateConfig::default),
        ..config(role)
    };
    let more = if deflate { DEFLATE_BYTES } else { 0 };
    Meter::limited(|| Receiver::new(&config), limit, more)
}

/// Sends until the receiver fails; returns whether it did not.
fn send(meter: &mut Meter, bytes: &mut [u8], step: usize) -> bool {
    bytes.chunks_mut(step).all(|chunk| meter.receive(chunk))
}

/// `data` in frames of `size` bytes, of which the first begins a message with `first` and the last
/// need not end it.
fn fragments(role: Role, first: u8, data: &[u8], size: usize, fin: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let count = data.len().div_ceil(size);
    for (index, part) in data.chunks(size).enumerate() {
        let opcode = if index == 0 { first } else { 0 };
        let last = u8::from(fin && index + 1 == count) << 7;
        bytes.extend(frame(role, last | opcode, part));
    }
    bytes
}

#[test]
fn messages_of_the_limit_in_fragments_and_reads_of_any_size() {
    for role in ROLES {
        for limit in LIMITS {
            let data = vec![b'a'; limit];
            for (size, step) in [(1, 7), (1, 65_536), (2, 3), (200, 13), (200, 999)] {
                for (first, fin) in [(1, true), (2, true), (2, false)] {
                    let mut bytes = fragments(role, first, &data, size, fin);
                    let mut meter = meter(role, limit, false);
                    send(&mut meter, &mut bytes.clone(), step);
                    send(&mut meter, &mut bytes, 65_536);
                }
            }
            for step in [100, 40_000] {
                let mut bytes = frame(role, 0x82, &data);
                let mut meter = meter(role, limit, false);
                send(&mut meter, &mut bytes.clone(), step);
                send(&mut meter, &mut bytes, step);
            }
        }
    }
}

#[test]
fn what_exceeds_the_limit_is_not_collected() {
    for role in ROLES {
        for limit in LIMITS {
            let data = vec![b'a'; limit + 1];
            for size in [1, 77, limit + 1] {
                let mut meter = meter(role, limit, false);
                let mut bytes = fragments(role, 2, &data, size, true);
                assert!(!send(&mut meter, &mut bytes, 500));
                assert_eq!(meter.held(), 0);
            }
        }
    }
}

#[test]
fn control_frames_inside_a_fragmented_message() {
    for role in ROLES {
        let mut meter = meter(role, 10_000, false);
        meter.receive(&mut frame(role, 0x02, &[7; 9000]));
        for opcode in [0x89, 0x8a] {
            for step in [1, 2, 130, 131, 10_000] {
                let mut bytes = frame(role, opcode, &[b'p'; 125]).repeat(100);
                send(&mut meter, &mut bytes, step);
                // Half a header, half a payload, and nothing else for now.
                let mut bytes = frame(role, opcode, &[b'p'; 125]);
                send(&mut meter, &mut bytes[..1], 1);
                send(&mut meter, &mut bytes[1..60], 60);
                send(&mut meter, &mut bytes[60..], 1);
            }
        }
        assert!(meter.receive(&mut frame(role, 0x00, &[7; 1000])));
        send(&mut meter, &mut frame(role, 0x88, &[b'\x03'; 125])[..99], 1);
    }
}

#[test]
fn empty_fragments_without_end() {
    for role in ROLES {
        for first in [0x01, 0x02] {
            let mut meter = meter(role, 1, false);
            meter.receive(&mut frame(role, first, b""));
            let mut bytes = frame(role, 0x00, b"").repeat(10_000);
            send(&mut meter, &mut bytes.clone(), 3);
            send(&mut meter, &mut bytes, 60_000);
        }
    }
}

/// The payload of a compressed message.
fn compress(data: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    Compressor::new(&DeflateConfig::default()).compress(data, true, &mut payload);
    payload
}

/// Bytes that get shorter by compression, but not by much.
fn text(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'a' + (state >> 28) as u8
    };
    std::iter::repeat_with(&mut next).take(length).collect()
}

/// Connections of this thread share what they compress their windows with for hibernation. That is
/// no connection's, and made here. The inflater of an open message is that message's: the one made
/// here stays with the receiver that is returned.
fn neighbour() -> Receiver {
    let config = Config {
        deflate: Some(DeflateConfig::default()),
        ..config(Role::Client)
    };
    let mut receiver = Receiver::new(&config);
    let payload = compress(&text(40_000));
    let mut message = frame(Role::Client, 0xc2, &payload);
    let mut part = frame(Role::Client, 0x42, &payload[..1000]);
    for bytes in [&mut message, &mut part] {
        let mut chunk = Chunk::new(bytes);
        while let Ok(Some(_)) = receiver.next_event(&mut chunk) {}
        receiver.hibernate();
    }
    receiver
}

#[test]
fn compressed_messages_in_any_pieces() {
    let _neighbour = neighbour();
    for role in ROLES {
        for limit in LIMITS {
            for data in [vec![b'a'; limit], text(limit), text(limit * 2)] {
                let payload = compress(&data);
                for (size, step) in [(1, 70_000), (3, 2), (1000, 17), (usize::MAX, 100)] {
                    let size = size.min(payload.len());
                    let mut bytes = fragments(role, 0x42, &payload, size, true);
                    let mut meter = meter(role, limit, true);
                    send(&mut meter, &mut bytes.clone(), step);
                    meter.hibernate();
                    send(&mut meter, &mut bytes, step);
                }
            }
        }
    }
}

#[test]
fn bombs() {
    let _neighbour = neighbour();
    let bomb = compress(&vec![0; 8 << 20]);
    for role in ROLES {
        for limit in LIMITS {
            for size in [1, 100, bomb.len()] {
                let mut bytes = fragments(role, 0x41, &bomb, size, true);
                let mut meter = meter(role, limit, true);
                assert!(!send(&mut meter, &mut bytes, 65_536));
                assert_eq!(meter.held(), 0);
            }
        }
    }
}
