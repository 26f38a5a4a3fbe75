//! What a receiver holds is bounded by what the peer has sent, never by what it has announced: at
//! most twice the bytes received, and 4 KiB.

mod memory_support;
mod support;

use memory_support::{Meter, held, peak, restart_peak};
use oxws::proto::{
    Chunk, Config, Limits, Receiver, Role,
    extension::{deflate::Compressor, permessage_deflate::DeflateConfig},
};
use proptest::prelude::*;
use support::{ROLES, config, frame, header, receiver};

#[test]
fn an_announced_length_allocates_nothing() {
    for role in ROLES {
        for length in [1 << 16, 1 << 31, 1 << 32, 1 << 40, (1 << 53) - 1] {
            for first in [0x82, 0x01] {
                let mut bytes = header(role, first, length);
                let mut meter = Meter::new(|| receiver(role));
                restart_peak();
                let before = held();
                meter.receive(&mut bytes);
                assert_eq!(peak(), before);
            }
        }
    }
}

#[test]
fn a_flood_of_tiny_fragments() {
    for role in ROLES {
        for (opcode, payload) in [(0x02, "x"), (0x01, "x"), (0x02, ""), (0x01, "")] {
            let mut start = frame(role, opcode, payload.as_bytes());
            let fragment = frame(role, 0x00, payload.as_bytes());
            let ping = frame(role, 0x89, b"still there?");
            let mut meter = Meter::new(|| receiver(role));
            meter.receive(&mut start);
            for _ in 0..30_000 {
                meter.receive(&mut fragment.clone());
            }
            meter.receive(&mut ping.clone());
            meter.receive(&mut fragment.repeat(100_000));
            meter.receive(&mut frame(role, 0x80, b""));
        }
    }
}

#[test]
fn a_payload_in_single_bytes() {
    for role in ROLES {
        let mut bytes = frame(role, 0x82, &vec![b'a'; 60_000]);
        let mut meter = Meter::new(|| receiver(role));
        for byte in &mut bytes {
            meter.receive(std::slice::from_mut(byte));
        }
    }
}

#[test]
fn a_message_is_let_go_of() {
    for role in ROLES {
        let mut meter = Meter::new(|| receiver(role));
        meter.receive(&mut header(role, 0x82, 1 << 20));
        for _ in 0..16 {
            meter.receive(&mut [0; 1 << 16]);
        }
        meter.receive(&mut []);
        assert!(meter.held() <= 4096);
        meter.hibernate();
        assert_eq!(meter.held(), 0);
    }
}

#[test]
fn compressed_messages() {
    let mut payload = Vec::new();
    Compressor::new(&DeflateConfig::default()).compress(&vec![0; 4 << 20], true, &mut payload);
    let bomb = frame(Role::Server, 0xc2, &payload);
    let max_payload = 100_000;
    let config = Config {
        deflate: Some(DeflateConfig::default()),
        limits: Limits {
            max_payload,
            ..Limits::default()
        },
        ..config(Role::Server)
    };
    // The inflater, which the connections of a thread share, is not the connection's.
    let inflate_first = || {
        let mut bytes = frame(Role::Server, 0xc2, &[0]);
        let mut receiver = Receiver::new(&config);
        assert!(receiver.next_event(&mut Chunk::new(&mut bytes)).is_ok());
    };
    inflate_first();
    let mut meter = Meter::new(|| Receiver::new(&config));
    let mut bytes = bomb.clone();
    restart_peak();
    let before = held();
    assert!(!meter.receive(&mut bytes));
    let grown = (peak() - before) as u64;
    assert!(grown <= 2 * max_payload + 4096, "{grown}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_traffic(
        server in any::<bool>(),
        frames in prop::collection::vec((any::<u8>(), 0..400_usize), 1..200),
        step in 1..2000_usize,
    ) {
        let role = ROLES[usize::from(server)];
        let (mut bytes, mut open) = (Vec::new(), false);
        for (choice, length) in frames {
            let fin = u8::from(choice & 8 != 0) << 7;
            if choice & 7 == 0 {
                bytes.extend(frame(role, 0x89, &vec![b'p'; length % 126]));
            } else {
                let opcode = if open { 0 } else { 1 + choice % 2 };
                open = fin == 0;
                bytes.extend(frame(role, fin | opcode, &vec![b'a'; length]));
            }
        }
        let mut meter = Meter::new(|| receiver(role));
        let mut largest = 0;
        for chunk in bytes.chunks_mut(step) {
            meter.receive(chunk);
            largest = largest.max(meter.held());
        }
        prop_assert!(largest <= 2 * 200 * 400 + 4096);
    }
}
