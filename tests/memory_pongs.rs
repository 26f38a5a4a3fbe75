//! Pongs that the peer does not read are limited in number, and with it in memory: at most twice
//! their bytes and the notes about them, and 4 KiB.
#![cfg(unix)]

mod memory_support;
mod support;

use std::{io::Read, os::unix::net::UnixStream};

use memory_support::{LITTLE, held};
use oxws::net::{Link, Progress};
use support::{ROLES, config, masking_key};

/// A pong at its longest: header, key, payload, and the note of where it ends.
const PONG_BYTES: usize = 2 + 4 + 125 + 16;

#[test]
fn pongs_wait_in_little_memory() {
    for role in ROLES {
        for limit in [1, 16, 1000, 5000] {
            for length in [0, 1, 125] {
                let (ours, mut peer) = UnixStream::pair().expect("there are descriptors left");
                ours.set_nonblocking(true).expect("it is open");
                let link = Link::new(ours.into(), 0, &config(role));
                let before = held();
                let holds = || usize::try_from(held() - before).unwrap_or_default();
                let payload = vec![b'p'; length];
                let mut outbound = link.outbound();
                for _ in 0..limit {
                    assert!(outbound.append_pong(&payload, masking_key(role), limit));
                }
                assert!(!outbound.append_pong(&payload, masking_key(role), limit));
                let allowed = 2 * limit as usize * PONG_BYTES + LITTLE;
                assert!(holds() <= allowed, "{} of {allowed}", holds());

                let mut buffer = [0; 4096];
                while outbound.write(&link).expect("it is connected") == Progress::Blocked {
                    assert!(peer.read(&mut buffer).expect("it is connected") > 0);
                }
                assert_eq!(outbound.take_receipts(), 0);
                let left = holds() - payload.capacity();
                assert!(left <= LITTLE, "{left} when nothing waits");
                assert!(outbound.append_pong(&payload, masking_key(role), limit));
            }
        }
    }
}
