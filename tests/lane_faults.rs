//! A fault of our own costs the connection in which it shows, and no other.
#![cfg(unix)]

mod lane_support;
mod support;

use std::{
    io::Write,
    net::TcpStream,
    os::fd::AsRawFd,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use lane_support::{Js, Setup, connect, options, read_exactly, settings};
use oxws::{
    net::{
        Batch, Connection, ConnectionConfig, Doorbell, Frame, Inbox, Kind, Lane, Link,
        SharedPayload, adopt,
    },
    proto::{HeartbeatConfig, Opcode, Role},
};
use support::frame;

/// What JS is told: an internal error of the engine, close code 1011.
const INTERNAL_ERROR: u32 = 15;

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

fn open(lane: &Lane, number: u32, config: ConnectionConfig) -> (Arc<Link>, TcpStream) {
    let (ours, peer) = connect();
    let fd = adopt(ours.as_raw_fd()).expect("there are descriptors left");
    let link = Arc::new(Link::new(fd, number, &config.engine));
    lane.adopt(Connection::new(Arc::clone(&link), config));
    (link, peer)
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
    let (victim, mut flood) = open(&lane, 1, settings());
    let (_neighbour, mut peer) = open(&lane, 2, settings());
    let mut send = |text: &[u8], js: &mut Js| {
        peer.write_all(&frame(Role::Server, 0x81, text))
            .expect("it is connected");
        js.expect(Kind::Text, text);
    };
    send(b"before", &mut js);
    // So many events that the lane rings before it has handled them all.
    let events = frame(Role::Server, 0x82, b"").repeat(30_000);
    flood.write_all(&events).expect("it is connected");
    let told = loop {
        match js.next() {
            told if told.kind == Kind::Binary => {}
            told => break told,
        }
    };
    assert_eq!(
        (told.kind, told.value),
        (Kind::ProtocolError, INTERNAL_ERROR)
    );
    // The victim is not read any more, its neighbour is.
    flood.write_all(b"more").expect("it is connected");
    for text in [&b"after"[..], b"and on"] {
        send(text, &mut js);
    }
    victim.close(false);
    js.expect(Kind::Closed, b"");
}

/// Heartbeats of a time that cannot be added to any other, which JS never asks for. One overflows
/// when the connection begins, the other when it sends a ping.
const PANICKING: [HeartbeatConfig; 2] = [
    HeartbeatConfig {
        interval: Duration::MAX,
        timeout: Duration::MAX,
    },
    HeartbeatConfig {
        interval: Duration::from_millis(20),
        timeout: Duration::MAX,
    },
];

fn open_victim(setup: &Setup, heartbeat: HeartbeatConfig) -> (Arc<Link>, TcpStream) {
    let config = ConnectionConfig {
        heartbeat: Some(heartbeat),
        ..settings()
    };
    open(&setup.lane, 8, config)
}

/// Has a message come in, and one go out.
fn check(setup: &mut Setup) {
    let message = frame(Role::Server, 0x82, b"still here");
    setup.peer.write_all(&message).expect("it is connected");
    setup.js.expect(Kind::Binary, b"still here");
    setup.send(options(Opcode::Binary), b"here too");
    assert_eq!(read_exactly(&mut setup.peer, 10), b"\x82\x08here too");
}

#[test]
fn the_peer_of_a_panic_is_told() {
    for heartbeat in PANICKING {
        let mut setup = lane_support::open(settings());
        check(&mut setup);

        let (link, mut peer) = open_victim(&setup, heartbeat);
        let told = setup.js.next();
        assert_eq!(
            (told.kind, told.value),
            (Kind::ProtocolError, INTERNAL_ERROR)
        );
        check(&mut setup);

        // JS answers with a close frame, which still gets out, and ends the connection.
        let mut outbound = link.outbound();
        let close = Frame::Framed(options(Opcode::Close));
        outbound.append(close, b"\x03\xf3", false, &mut SharedPayload::default());
        outbound.write(&link).expect("it is connected");
        drop(outbound);
        if heartbeat.interval != Duration::MAX {
            assert_eq!(read_exactly(&mut peer, 2), b"\x89\0");
        }
        assert_eq!(read_exactly(&mut peer, 4), b"\x88\x02\x03\xf3");
        link.close(false);
        setup.js.expect(Kind::Closed, b"");

        check(&mut setup);
        setup.close();
    }
}

#[test]
fn many_panics_cost_many_connections_and_no_lane() {
    let mut setup = lane_support::open(settings());
    for _ in 0..200 {
        let (link, _peer) = open_victim(&setup, PANICKING[0]);
        assert_eq!(setup.js.next().kind, Kind::ProtocolError);
        link.close(true);
        setup.js.expect(Kind::Closed, b"");
    }
    check(&mut setup);
    setup.close();
}
