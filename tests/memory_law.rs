//! What a receiver holds is bounded by what the peer has sent, never by what it has announced: at
//! most twice the bytes received, and 4 KiB.

mod support;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use oxws::proto::{
    Chunk, Config, Limits, Receiver, Role,
    extension::{deflate::Compressor, permessage_deflate::DeflateConfig},
};
use proptest::prelude::*;
use support::{ROLES, config, frame, header, receiver};

/// Counts what this thread holds.
struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(change: isize) {
    let held = HELD.get() + change;
    HELD.set(held);
    PEAK.set(PEAK.get().max(held));
}

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Watches what a receiver holds.
struct Meter {
    receiver: Receiver,
    start: isize,
    received: usize,
}

impl Meter {
    fn new(receiver: Receiver) -> Self {
        let start = HELD.get();
        Self {
            receiver,
            start,
            received: 0,
        }
    }

    fn held(&self) -> usize {
        (HELD.get() - self.start).try_into().unwrap_or_default()
    }

    /// Hands a chunk in and looks at the law before every event and after the last.
    fn receive(&mut self, bytes: &mut [u8]) {
        self.received += bytes.len();
        let mut chunk = Chunk::new(bytes);
        while let Ok(Some(_)) = self.receiver.next_event(&mut chunk) {
            self.check();
        }
        self.check();
    }

    fn check(&self) {
        let (held, allowed) = (self.held(), 2 * self.received + 4096);
        assert!(held <= allowed, "{held} bytes held, {allowed} allowed");
    }
}

#[test]
fn an_announced_length_allocates_nothing() {
    for role in ROLES {
        for length in [1 << 16, 1 << 31, 1 << 32, 1 << 40, (1 << 53) - 1] {
            for first in [0x82, 0x01] {
                let mut bytes = header(role, first, length);
                let mut meter = Meter::new(receiver(role));
                PEAK.set(HELD.get());
                meter.receive(&mut bytes);
                assert_eq!(PEAK.get(), meter.start);
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
            let mut meter = Meter::new(receiver(role));
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
        let mut meter = Meter::new(receiver(role));
        for byte in &mut bytes {
            meter.receive(std::slice::from_mut(byte));
        }
    }
}

#[test]
fn a_message_is_let_go_of() {
    for role in ROLES {
        let mut meter = Meter::new(receiver(role));
        meter.receive(&mut header(role, 0x82, 1 << 20));
        for _ in 0..16 {
            meter.receive(&mut [0; 1 << 16]);
        }
        meter.receive(&mut []);
        assert!(meter.held() <= 4096);
        meter.receiver.hibernate();
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
    let mut meter = Meter::new(Receiver::new(&config));
    PEAK.set(HELD.get());
    let mut bytes = bomb.clone();
    assert!(
        meter
            .receiver
            .next_event(&mut Chunk::new(&mut bytes))
            .is_err()
    );
    let peak = (PEAK.get() - meter.start) as u64;
    assert!(peak <= 2 * max_payload + bomb.len() as u64 + 4096, "{peak}");
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
        let mut meter = Meter::new(receiver(role));
        let mut largest = 0;
        for chunk in bytes.chunks_mut(step) {
            meter.receive(chunk);
            largest = largest.max(meter.held());
        }
        prop_assert!(largest <= 2 * 200 * 400 + 4096);
    }
}
