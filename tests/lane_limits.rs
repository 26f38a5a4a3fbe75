//! What a lane does about peers that do not read, do not stop or do not answer, and about a JS
//! thread that is busy.
#![cfg(unix)]

mod lane_support;
mod support;

use std::{
    io::{Read, Write},
    time::{Duration, Instant},
};

use lane_support::{noise, open, options, read_exactly, settings};
use oxws::{
    net::{ConnectionConfig, Kind},
    proto::{HeartbeatConfig, Opcode, Role},
};
use support::{frame, header};

#[test]
fn pongs_that_the_peer_does_not_read() {
    let mut setup = open(ConnectionConfig {
        max_pending_pongs: 3,
        ..settings()
    });
    let filler = vec![0; 16 << 20];
    setup.send(options(Opcode::Binary), &filler);
    assert!(setup.link.outbound().is_blocked());
    let pings = frame(Role::Server, 0x89, b"").repeat(5);
    setup.peer.write_all(&pings).expect("it is connected");
    for overflow in [false, false, false, true, true] {
        if overflow {
            setup.js.expect(Kind::PongOverflow, b"");
        }
        setup.js.expect(Kind::Ping, b"");
    }
    let expected = [&header(Role::Client, 0x82, 16 << 20)[..], &filler].concat();
    assert!(read_exactly(&mut setup.peer, expected.len()) == expected);
    assert_eq!(read_exactly(&mut setup.peer, 6), b"\x8a\0\x8a\0\x8a\0");
    setup.js.expect(Kind::Sent, b"");
    setup.js.expect(Kind::Drained, b"");
    setup.close();
}

#[test]
fn a_slow_reader_gets_everything_in_the_end() {
    let mut setup = open(settings());
    let payload = noise(1 << 20);
    let mut sent = 0;
    for _ in 0..24 {
        sent += setup.send(options(Opcode::Binary), &payload);
    }
    assert!(sent < 24);
    assert!(setup.link.outbound().outstanding() > 0);
    setup.link.outbound().finish(&*setup.link);
    setup.link.wake();
    let frame = [&header(Role::Client, 0x82, 1 << 20)[..], &payload].concat();
    for _ in 0..24 {
        assert!(read_exactly(&mut setup.peer, frame.len()) == frame);
    }
    while sent < 24 {
        let told = setup.js.next();
        assert_eq!(told.kind, Kind::Sent);
        sent += told.value;
    }
    assert_eq!(sent, 24);
    setup.js.expect(Kind::Drained, b"");
    setup.js.expect(Kind::Finished, b"");
    assert_eq!(setup.link.outbound().outstanding(), 0);
    assert_eq!(setup.peer.read(&mut [0]).expect("it ends"), 0);
    setup.close();
}

#[test]
fn a_paused_connection_is_not_read_for_long() {
    let mut setup = open(settings());
    setup.link.set_paused(true);
    let payload = noise(1000);
    let message = frame(Role::Server, 0x82, &payload);
    setup.peer.set_nonblocking(true).expect("it is open");
    let mut written = 0;
    let bytes = message.repeat(40_000);
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(300) {
        match setup.peer.write(&bytes[written..]) {
            Ok(count) => written += count,
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    let read = setup.link.bytes_read();
    assert!((1..200_000).contains(&read), "{read} bytes were read");
    setup.link.set_paused(false);
    for _ in 0..written / message.len() {
        setup.js.expect(Kind::Binary, &payload);
    }
    setup.close();
}

#[test]
fn a_lane_does_not_run_away_from_js() {
    let mut setup = open(settings());
    let payload = noise(10_000);
    let message = frame(Role::Server, 0x82, &payload);
    let mut peer = setup.peer.try_clone().expect("there are descriptors left");
    let count = 4000;
    let writer = std::thread::spawn(move || {
        for _ in 0..count {
            peer.write_all(&message).expect("it is read in the end");
        }
    });
    std::thread::sleep(Duration::from_millis(300));
    let read = setup.link.bytes_read();
    assert!(read < 2 << 20, "{read} bytes were read");
    for _ in 0..count {
        setup.js.expect(Kind::Binary, &payload);
    }
    writer.join().expect("everything was written");
    setup.close();
}

#[test]
fn a_heartbeat_gives_a_silent_peer_up() {
    let heartbeat = Some(HeartbeatConfig {
        interval: Duration::from_millis(100),
        timeout: Duration::from_millis(150),
    });
    let mut setup = open(ConnectionConfig {
        heartbeat,
        ..settings()
    });
    for _ in 0..3 {
        assert_eq!(read_exactly(&mut setup.peer, 2), b"\x89\x00");
        let pong = frame(Role::Server, 0x8a, b"");
        setup.peer.write_all(&pong).expect("it is connected");
        setup.js.expect(Kind::Pong, b"");
    }
    assert_eq!(read_exactly(&mut setup.peer, 2), b"\x89\x00");
    let asked = Instant::now();
    setup.js.expect(Kind::HeartbeatTimeout, b"");
    assert!(asked.elapsed() >= Duration::from_millis(100));
    setup.close();
}

#[test]
fn a_heartbeat_does_not_blame_the_peer_for_a_pause() {
    let heartbeat = Some(HeartbeatConfig {
        interval: Duration::from_millis(50),
        timeout: Duration::from_millis(50),
    });
    let mut setup = open(ConnectionConfig {
        heartbeat,
        ..settings()
    });
    setup.link.set_paused(true);
    let message = frame(Role::Server, 0x82, &noise(1000));
    setup
        .peer
        .write_all(&message.repeat(200))
        .expect("the kernel takes it");
    let start = Instant::now();
    let mut messages = 0;
    while start.elapsed() < Duration::from_millis(400) {
        if let Some(told) = setup.js.poll(Duration::from_millis(10)) {
            assert_eq!(told.kind, Kind::Binary);
            messages += 1;
        }
    }
    assert!(messages < 200);
    setup.link.set_paused(false);
    for _ in messages..200 {
        setup.js.expect(Kind::Binary, &noise(1000));
    }
    // It does when the pause is over.
    setup.js.expect(Kind::HeartbeatTimeout, b"");
    setup.close();
}
