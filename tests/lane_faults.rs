//! A fault of our own costs the connection in which it shows, and no other.
#![cfg(unix)]

mod lane_support;

use std::{
    io::Write,
    net::TcpStream,
    os::fd::AsRawFd,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
};

use lane_support::{Js, connect, settings};
use oxws::net::{Batch, Connection, Doorbell, Inbox, Kind, Lane, Link, adopt};

/// Panics once, while a connection's bytes are being handled.
struct FaultyBell {
    ring: mpsc::Sender<()>,
    armed: AtomicBool,
}

impl Doorbell for FaultyBell {
    fn ring(&self) {
        // After the test, nobody listens.
        let _ = self.ring.send(());
        let handles_bytes = tokio::task::try_id().is_some();
        assert!(!handles_bytes || !self.armed.swap(false, Ordering::Relaxed));
    }
}

fn open(lane: &Lane, number: u32) -> (Arc<Link>, TcpStream) {
    let (ours, peer) = connect();
    let fd = adopt(ours.as_raw_fd()).expect("there are descriptors left");
    let link = Arc::new(Link::new(fd, number, &settings().engine));
    lane.adopt(Connection::new(Arc::clone(&link), settings()));
    (link, peer)
}

/// A masked frame with a key of zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    frame.extend(payload);
    frame
}

#[test]
fn a_panic_ends_one_connection() {
    let (ring, bell) = mpsc::channel();
    let faulty = FaultyBell {
        ring,
        armed: AtomicBool::new(true),
    };
    let mut js = Js {
        inbox: Arc::new(Inbox::new(1, Box::new(faulty))),
        bell,
        batch: Batch::default(),
        told: 0,
    };
    let lane = Lane::start(0, Arc::clone(&js.inbox)).expect("there are threads left");
    let (victim, mut flood) = open(&lane, 1);
    let (_neighbour, mut peer) = open(&lane, 2);
    let mut send = |text: &[u8], js: &mut Js| {
        peer.write_all(&frame(0x81, text)).expect("it is connected");
        js.expect(Kind::Text, text);
    };
    send(b"before", &mut js);
    // So many events that the lane rings before it has handled them all.
    let events = frame(0x82, b"").repeat(30_000);
    flood.write_all(&events).expect("it is connected");
    let told = loop {
        match js.next() {
            told if told.kind == Kind::Binary => {}
            told => break told,
        }
    };
    assert_eq!((told.kind, told.value), (Kind::ProtocolError, 15));
    // The victim is not read any more, its neighbour is.
    flood.write_all(b"more").expect("it is connected");
    for text in [&b"after"[..], b"and on"] {
        send(text, &mut js);
    }
    victim.close(false);
    js.expect(Kind::Closed, b"");
}
