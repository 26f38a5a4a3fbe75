//! Pongs that the peer does not read are limited in number, and with it in memory: at most twice
//! their bytes and the notes about them, and 4 KiB.
#![cfg(unix)]

mod memory_support;
mod support;

use std::{io::Read, os::unix::net::UnixStream, thread};

use memory_support::{LITTLE, held};
use oxws::{
    net::{Link, Progress},
    proto::Role,
};
use support::{ROLES, config, masking_key};

/// A pong at its longest: header, key, payload, and the note of where it ends.
const PONG_BYTES: usize = 2 + 4 + 125 + 16;

#[test]
fn pongs_wait_in_little_memory() {
    for role in ROLES {
        for limit in [1, 16, 1000, 5000] {
            for length in [0, 1, 125] {
                // What connections of a thread share is made anew in each.
                let done = thread::spawn(move || check(role, limit, length)).join();
                assert!(done.is_ok(), "{limit} pongs of {length} bytes");
            }
        }
    }
}

fn check(role: Role, limit: u32, length: usize) {
    let payload = vec![b'p'; length];
    let (ours, mut peer) = UnixStream::pair().expect("there are descriptors left");
    ours.set_nonblocking(true).expect("it is open");
    let link = Link::new(ours.into(), 0, &config(role));
    let before = held();
    let mut outbound = link.outbound();
    for _ in 0..limit {
        assert!(outbound.append_pong(&payload, masking_key(role), limit));
    }
    assert!(!outbound.append_pong(&payload, masking_key(role), limit));
    let holds = held() - before;
    let allowed = 2 * limit as usize * PONG_BYTES + LITTLE;
    assert!(holds <= allowed as isize, "{holds} of {allowed}");

    let mut buffer = [0; 4096];
    while outbound.write(&link).expect("it is connected") == Progress::Blocked {
        assert!(peer.read(&mut buffer).expect("it is connected") > 0);
    }
    assert_eq!(outbound.take_receipts(), 0);
    assert!(outbound.append_pong(&payload, masking_key(role), limit));
    drop(outbound);
    let drained = held();
    drop(link);
    let left = drained - held();
    assert!(left <= LITTLE as isize, "{left} when nothing waits");
}
