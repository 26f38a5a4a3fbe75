//! Connections on a lane: traffic, and the ways in which they end.
#![cfg(unix)]

mod lane_support;
mod support;

use std::{
    io::{ErrorKind, Read, Write},
    net::Shutdown,
    os::{fd::AsRawFd, unix::net::UnixStream},
    sync::Arc,
    time::Duration,
};

use lane_support::{Js, Setup, connect, engine, noise, open, options, read_exactly, settings};
use oxws::{
    net::{Batch, Connection, ConnectionConfig, Kind, Lane, Link, adopt},
    proto::{Config, Opcode, Receiver, Role, SendOptions},
};
use support::{Received, frame, receive_as_lane};

#[test]
fn messages_travel_both_ways() {
    let mut setup = open(settings());
    let bytes = frame(Role::Server, 0x81, b"Hello");
    setup.peer.write_all(&bytes).expect("it is connected");
    setup.js.expect(Kind::Text, b"Hello");
    assert_eq!(setup.link.bytes_read(), bytes.len() as u64);

    assert_eq!(setup.send(options(Opcode::Text), b"Hi"), 1);
    assert_eq!(read_exactly(&mut setup.peer, 4), b"\x81\x02Hi");
    assert_eq!(setup.link.outbound().written(), 4);
    setup.close();
}

#[test]
fn what_was_read_before_comes_first() {
    let js = Js::new();
    let (ours, mut peer) = connect();
    let fd = adopt(ours.as_raw_fd()).expect("there are descriptors left");
    let link = Arc::new(Link::new(fd, 7, &engine(false)));
    let mut connection = Connection::new(Arc::clone(&link), settings());
    let bytes = frame(Role::Server, 0x81, b"in two parts");
    let mut early = Batch::default();
    connection.parse_head(&mut early, &bytes[..9]);
    assert!(early.is_empty());
    let lane = Lane::start(0, Arc::clone(&js.inbox)).expect("there are threads left");
    lane.adopt(connection);
    peer.write_all(&bytes[9..]).expect("it is connected");
    let mut setup = Setup {
        js,
        link,
        peer,
        lane,
    };
    setup.js.expect(Kind::Text, b"in two parts");
    setup.close();
}

#[test]
fn bytes_that_come_one_by_one() {
    let mut setup = open(settings());
    setup.peer.set_nodelay(true).expect("it is open");
    for byte in frame(Role::Server, 0x82, &noise(300)) {
        setup.peer.write_all(&[byte]).expect("it is connected");
    }
    setup.js.expect(Kind::Binary, &noise(300));
    setup.close();
}

#[test]
fn long_messages_and_their_fragments() {
    let mut setup = open(settings());
    let long = noise(3_000_000);
    let bytes = [
        frame(Role::Server, 0x82, &long),
        frame(Role::Server, 0x02, &long[..200_000]),
        frame(Role::Server, 0x00, b""),
        frame(Role::Server, 0x80, &long[200_000..]),
        frame(Role::Server, 0x82, b"short"),
    ]
    .concat();
    setup.peer.write_all(&bytes).expect("it is connected");
    setup.js.expect(Kind::Binary, &long);
    assert_eq!(setup.js.batch.fragment_ends(setup.js.told - 1), None);
    setup.js.expect(Kind::Binary, &long);
    let ends = setup.js.batch.fragment_ends(setup.js.told - 1);
    assert_eq!(ends, Some(&[200_000, 3_000_000][..]));
    setup.js.expect(Kind::Binary, b"short");
    setup.close();
}

#[test]
fn a_ping_is_answered_by_the_lane() {
    let mut setup = open(settings());
    let ping = frame(Role::Server, 0x89, b"there?");
    setup.peer.write_all(&ping).expect("it is connected");
    assert_eq!(read_exactly(&mut setup.peer, 8), b"\x8a\x06there?");
    setup.js.expect(Kind::Ping, b"there?");

    setup.link.set_auto_pong(false);
    let bytes = [&ping[..], &frame(Role::Server, 0x8a, b"pong")].concat();
    setup.peer.write_all(&bytes).expect("it is connected");
    setup.js.expect(Kind::Ping, b"there?");
    setup.js.expect(Kind::Pong, b"pong");
    setup.link.set_auto_pong(true);

    // Not after our close frame: the closing handshake has begun (RFC 6455 section 5.5.1).
    setup.send(options(Opcode::Close), b"");
    setup.peer.write_all(&ping).expect("it is connected");
    setup.js.expect(Kind::Ping, b"there?");
    setup.link.close(false);
    setup.js.expect(Kind::Closed, b"");
    drop((setup.link, setup.lane));
    let mut rest = Vec::new();
    setup.peer.read_to_end(&mut rest).expect("it ends");
    assert_eq!(rest, b"\x88\x00");
}

#[test]
fn a_close_frame_ends_what_is_told() {
    let mut setup = open(settings());
    let bytes = [
        frame(Role::Server, 0x88, b"\x0f\xa1bye"),
        frame(Role::Server, 0x81, b"too late"),
    ]
    .concat();
    setup.peer.write_all(&bytes).expect("it is connected");
    let told = setup.js.next();
    assert_eq!((told.kind, told.code), (Kind::Close, 4001));
    assert_eq!(told.payload, b"bye");
    let more = vec![0xff; 1 << 20];
    setup
        .peer
        .write_all(&more)
        .expect("it is read, and ignored");
    setup.peer.shutdown(Shutdown::Write).expect("it is open");
    setup.js.expect(Kind::End, b"");
    setup.close();
}

#[test]
fn a_broken_frame_is_told_once() {
    let mut setup = open(settings());
    let bytes = [frame(Role::Server, 0x83, b"?"), vec![0xff; 100_000]].concat();
    setup.peer.write_all(&bytes).expect("it is connected");
    let told = setup.js.next();
    assert_eq!((told.kind, told.value), (Kind::ProtocolError, 3));
    setup.peer.shutdown(Shutdown::Write).expect("it is open");
    setup.js.expect(Kind::End, b"");
    setup.close();
}

#[test]
fn ends_of_both_directions() {
    let mut setup = open(settings());
    setup.peer.shutdown(Shutdown::Write).expect("it is open");
    setup.js.expect(Kind::End, b"");
    setup.send(options(Opcode::Text), b"last");
    assert!(setup.link.outbound().finish(&*setup.link));
    let mut rest = Vec::new();
    setup.peer.read_to_end(&mut rest).expect("it ends");
    assert_eq!(rest, b"\x81\x04last");
    setup.close();
}

#[test]
fn a_reset_by_the_peer() {
    let mut setup = open(settings());
    rustix::net::sockopt::set_socket_linger(&setup.peer, Some(Duration::ZERO))
        .expect("it is a socket");
    let (link, lane) = (setup.link, setup.lane);
    drop(setup.peer);
    let told = setup.js.next();
    let errno = rustix::io::Errno::CONNRESET.raw_os_error() as u32;
    assert_eq!((told.kind, told.value), (Kind::SocketError, errno));
    link.close(false);
    setup.js.expect(Kind::Closed, b"");
    drop(lane);
}

#[test]
fn a_reset_by_us() {
    let mut setup = open(settings());
    setup.link.close(true);
    setup.js.expect(Kind::Closed, b"");
    drop(setup.link);
    let error = setup.peer.read(&mut [0]).expect_err("it is reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn compression_is_left_to_the_lane() {
    let mut setup = open(ConnectionConfig {
        engine: engine(true),
        ..settings()
    });
    let text = "compressible ".repeat(10_000);
    let compressed = SendOptions {
        compress: true,
        ..options(Opcode::Text)
    };
    assert_eq!(setup.send(compressed, text.as_bytes()), 0);
    assert_eq!(setup.send(options(Opcode::Ping), b"behind"), 0);
    let mut told = 0;
    while told < 2 {
        let record = setup.js.next();
        assert_eq!(record.kind, Kind::Sent);
        told += record.value;
    }
    let written = setup.link.outbound().written() as usize;
    assert!(written < 1000);
    let bytes = read_exactly(&mut setup.peer, written);
    let mut peer = Receiver::new(&Config {
        role: Role::Client,
        ..engine(true)
    });
    let expected = [Received::text(&text), Received::Ping(b"behind".to_vec())];
    assert_eq!(receive_as_lane(&mut peer, &bytes, written), expected);
    setup.close();
}

#[test]
fn a_tapped_connection_shows_its_bytes() {
    let mut setup = open(settings());
    setup.link.tap();
    let bytes = frame(Role::Server, 0x82, &noise(200_000));
    setup.peer.write_all(&bytes).expect("it is connected");
    let mut tapped = Vec::new();
    loop {
        let told = setup.js.next();
        match told.kind {
            Kind::Bytes => tapped.extend(told.payload),
            kind => {
                assert_eq!((kind, told.payload), (Kind::Binary, noise(200_000)));
                break;
            }
        }
    }
    assert!(tapped == bytes);
    setup.close();
}

#[test]
fn domain_sockets() {
    let mut js = Js::new();
    let (ours, mut peer) = UnixStream::pair().expect("there are descriptors left");
    let fd = adopt(ours.as_raw_fd()).expect("there are descriptors left");
    drop(ours);
    let link = Arc::new(Link::new(fd, 1, &engine(false)));
    let lane = Lane::start(0, Arc::clone(&js.inbox)).expect("there are threads left");
    lane.adopt(Connection::new(Arc::clone(&link), settings()));
    let bytes = frame(Role::Server, 0x81, b"local");
    peer.write_all(&bytes).expect("it is connected");
    js.expect(Kind::Text, b"local");
    drop(peer);
    js.expect(Kind::End, b"");
    link.close(false);
    js.expect(Kind::Closed, b"");
}

#[test]
fn a_lane_that_ends_closes_its_connections() {
    let mut setup = open(settings());
    drop((setup.lane, setup.link));
    assert_eq!(setup.peer.read(&mut [0]).expect("it ends"), 0);
    assert_eq!(setup.js.poll(Duration::ZERO), None);
}

#[test]
fn many_connections_share_a_lane() {
    let mut js = Js::new();
    let lane = Lane::start(0, Arc::clone(&js.inbox)).expect("there are threads left");
    let mut connections = Vec::new();
    for number in 0..100 {
        let (ours, peer) = connect();
        let fd = adopt(ours.as_raw_fd()).expect("there are descriptors left");
        let link = Arc::new(Link::new(fd, number, &engine(false)));
        lane.adopt(Connection::new(Arc::clone(&link), settings()));
        connections.push((link, peer));
    }
    for (link, peer) in &mut connections {
        let text = link.number().to_string();
        let bytes = frame(Role::Server, 0x81, text.as_bytes());
        peer.write_all(&bytes.repeat(10)).expect("it is connected");
    }
    let mut counts = [0; 100];
    for _ in 0..1000 {
        let told = js.next();
        let number = js.batch.records()[js.told - 1].connection;
        assert_eq!(told.payload, number.to_string().as_bytes());
        counts[number as usize] += 1;
    }
    assert_eq!(counts, [10; 100]);
    for (link, _) in &connections {
        link.close(false);
    }
    for _ in 0..100 {
        js.expect(Kind::Closed, b"");
    }
}

#[test]
fn descriptors_that_are_not_open_are_refused() {
    assert!(adopt(-1).is_err());
    assert!(adopt(i32::MAX).is_err());
}
