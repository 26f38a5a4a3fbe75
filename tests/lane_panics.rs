//! A panic on a lane costs the connection it happens on, and no other.
#![cfg(unix)]

mod lane_support;
mod support;

use std::{
    io::Write,
    net::TcpStream,
    os::fd::AsRawFd,
    sync::Arc,
    time::{Duration, Instant},
};

use lane_support::{Setup, connect, open, options, read_exactly, settings};
use oxws::{
    net::{Connection, ConnectionConfig, Frame, Kind, Link, adopt},
    proto::{HeartbeatConfig, Opcode, Role},
};
use support::frame;

/// What JS is told: an internal error of the engine, close code 1011.
const INTERNAL_ERROR: u32 = 15;

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

/// One more connection on the lane.
fn open_neighbour(setup: &Setup, heartbeat: HeartbeatConfig) -> (Arc<Link>, TcpStream) {
    let config = ConnectionConfig {
        heartbeat: Some(heartbeat),
        ..settings()
    };
    let (ours, peer) = connect();
    let fd = adopt(ours.as_raw_fd()).expect("there are descriptors left");
    let link = Arc::new(Link::new(fd, 8, &config.engine));
    setup.lane.adopt(Connection::new(Arc::clone(&link), config));
    (link, peer)
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
fn a_panic_costs_one_connection() {
    for heartbeat in PANICKING {
        let mut setup = open(settings());
        check(&mut setup);

        let (link, mut peer) = open_neighbour(&setup, heartbeat);
        let told = setup.js.next();
        assert_eq!(
            (told.kind, told.value),
            (Kind::ProtocolError, INTERNAL_ERROR)
        );
        check(&mut setup);

        // JS answers with a close frame, which still gets out, and ends the connection.
        let mut outbound = link.outbound();
        outbound.append(Frame::Framed(options(Opcode::Close)), b"\x03\xf3", false);
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
    let mut setup = open(settings());
    let start = Instant::now();
    for _ in 0..200 {
        let (link, _peer) = open_neighbour(&setup, PANICKING[0]);
        assert_eq!(setup.js.next().kind, Kind::ProtocolError);
        link.close(true);
        setup.js.expect(Kind::Closed, b"");
    }
    check(&mut setup);
    assert!(start.elapsed() < lane_support::PATIENCE);
    setup.close();
}
