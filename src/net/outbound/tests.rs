use std::{io::Read, os::unix::net::UnixStream};

use super::*;
use crate::proto::{Limits, Role, extension::permessage_deflate::DeflateConfig};

/// The sending half of a server, its socket, and the peer's.
fn open(deflate: bool) -> (Outbound, UnixStream, UnixStream) {
    let outbound = Outbound::new(&Config {
        role: Role::Server,
        limits: Limits::default(),
        skip_utf8_validation: false,
        deflate: deflate.then(DeflateConfig::default),
    });
    let (ours, peer) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    (outbound, ours, peer)
}

fn framed(opcode: Opcode, compress: bool) -> Frame {
    Frame::Framed(SendOptions {
        opcode,
        fin: true,
        compress,
        mask: None,
    })
}

fn read(peer: &mut UnixStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    peer.read_exact(&mut bytes).unwrap();
    bytes
}

/// Reads everything, with the lane's help.
fn read_all(outbound: &mut Outbound, ours: &UnixStream, peer: &mut UnixStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let progress = outbound.write(ours).unwrap();
        let left = outbound.written() as usize - bytes.len();
        bytes.extend(read(peer, left));
        if progress == Progress::Drained {
            return bytes;
        }
    }
}

#[test]
fn frames_leave_in_order_and_are_receipted() {
    let (mut outbound, ours, mut peer) = open(false);
    outbound.append(
        framed(Opcode::Text, false),
        b"a",
        true,
        &mut SharedPayload::default(),
    );
    outbound.append(Frame::Raw, b"raw", false, &mut SharedPayload::default());
    outbound.append_pong(b"p", None, 0);
    assert_eq!(outbound.outstanding(), 9);
    assert_eq!(outbound.take_receipts(), 0);
    assert_eq!(outbound.write(&ours).unwrap(), Progress::Drained);
    assert_eq!(outbound.take_receipts(), 1);
    assert_eq!(read(&mut peer, 9), b"\x81\x01araw\x8a\x01p");
    assert!(outbound.is_empty());
}

#[test]
fn what_the_kernel_refuses_stays_queued() {
    let (mut outbound, ours, mut peer) = open(false);
    let payload = vec![7; 4 << 20];
    outbound.append(
        framed(Opcode::Binary, false),
        &payload,
        true,
        &mut SharedPayload::default(),
    );
    outbound.append(
        framed(Opcode::Text, false),
        b"behind",
        true,
        &mut SharedPayload::default(),
    );
    assert_eq!(outbound.write(&ours).unwrap(), Progress::Blocked);
    assert!(outbound.is_blocked());
    assert_eq!(outbound.take_receipts(), 0);
    let bytes = read_all(&mut outbound, &ours, &mut peer);
    assert!(!outbound.is_blocked());
    assert_eq!(bytes.len(), 10 + payload.len() + 8);
    assert!(bytes.ends_with(b"\x81\x06behind"));
    assert_eq!(outbound.take_receipts(), 2);
}

#[test]
fn a_payload_is_written_through_if_nothing_is_in_front() {
    let (mut outbound, ours, mut peer) = open(false);
    let payload = vec![7; 4 << 20];
    let mut through = |payload: &[u8]| {
        outbound
            .write_through(&ours, framed(Opcode::Binary, false), payload, true)
            .unwrap()
    };
    assert!(through(b"first"));
    assert!(through(&payload));
    assert!(!through(b"third"));
    assert!(!outbound.is_empty());
    let mut bytes = read_all(&mut outbound, &ours, &mut peer);
    assert_eq!(bytes.len(), 7 + 10 + payload.len());
    assert_eq!(bytes.split_off(7)[10..], payload);
    assert_eq!(bytes, b"\x82\x05first");
    assert_eq!(outbound.take_receipts(), 2);
}

#[test]
fn what_was_written_through_is_done_without_another_write() {
    let (mut outbound, ours, _peer) = open(false);
    let frame = framed(Opcode::Binary, false);
    assert!(outbound.write_through(&ours, frame, b"x", true).unwrap());
    assert_eq!((outbound.outstanding(), outbound.take_receipts()), (0, 1));
}

#[test]
fn nothing_overtakes_what_waits_for_compression() {
    let (mut outbound, ours, mut peer) = open(true);
    outbound.append(
        framed(Opcode::Text, true),
        b"compressed",
        true,
        &mut SharedPayload::default(),
    );
    outbound.append(
        framed(Opcode::Ping, false),
        b"ping",
        true,
        &mut SharedPayload::default(),
    );
    let through = outbound.write_through(&ours, framed(Opcode::Text, false), b"x", false);
    assert!(!through.unwrap());
    assert_eq!(outbound.write(&ours).unwrap(), Progress::Drained);
    assert!(!outbound.is_empty());
    assert!(outbound.take_unframed().is_none());
    assert!(outbound.release());
    let mut taken = 0;
    while let Some((mut sender, unframed)) = outbound.take_unframed() {
        // Meanwhile JS goes on sending.
        if taken == 0 {
            outbound.append(
                framed(Opcode::Text, false),
                b"last",
                false,
                &mut SharedPayload::default(),
            );
        }
        taken += 1;
        let mut frame = Vec::new();
        let options = unframed.options.unwrap();
        sender.send(options, &unframed.payload, &mut frame);
        outbound.put_framed(sender, &unframed, &frame);
    }
    assert_eq!(taken, 3);
    let bytes = read_all(&mut outbound, &ours, &mut peer);
    assert_eq!(bytes[0], 0xc1);
    assert!(bytes.ends_with(b"\x89\x04ping\x81\x04last"));
    assert_eq!(outbound.take_receipts(), 2);
    assert_eq!(outbound.outstanding(), 0);
}

#[test]
fn pongs_are_limited_and_end_with_our_close_frame() {
    let (mut outbound, ours, mut peer) = open(false);
    assert!(outbound.append_pong(b"", None, 2));
    assert!(outbound.append_pong(b"", None, 2));
    assert!(!outbound.append_pong(b"", None, 2));
    outbound.write(&ours).unwrap();
    outbound.take_receipts();
    assert!(outbound.append_pong(b"", None, 2));
    outbound.append(
        framed(Opcode::Close, false),
        b"",
        false,
        &mut SharedPayload::default(),
    );
    assert!(outbound.close_sent());
    assert!(outbound.append_pong(b"", None, 1));
    let bytes = read_all(&mut outbound, &ours, &mut peer);
    assert_eq!(bytes, b"\x8a\0\x8a\0\x8a\0\x88\0");
}

#[test]
fn the_direction_ends_behind_the_last_byte() {
    let (mut outbound, ours, mut peer) = open(false);
    outbound.append(
        framed(Opcode::Text, false),
        b"last",
        false,
        &mut SharedPayload::default(),
    );
    assert!(!outbound.finish_if_drained(&ours));
    assert!(!outbound.finish(&ours));
    assert!(!outbound.finish_if_drained(&ours));
    outbound.write(&ours).unwrap();
    assert!(outbound.finish_if_drained(&ours));
    assert!(!outbound.finish_if_drained(&ours));
    let mut bytes = Vec::new();
    peer.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, b"\x81\x04last");
}

#[test]
fn a_peer_that_is_gone_is_an_error() {
    let (mut outbound, ours, peer) = open(false);
    drop(peer);
    outbound.append(
        framed(Opcode::Text, false),
        b"unheard",
        true,
        &mut SharedPayload::default(),
    );
    let error = outbound.write(&ours).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    assert_eq!(outbound.close(), [0, 0, 1, 0, 0]);
}

#[test]
fn the_direction_ends_at_once_if_everything_is_written() {
    let (mut outbound, ours, mut peer) = open(false);
    assert!(outbound.finish(&ours));
    assert_eq!(peer.read(&mut [0]).unwrap(), 0);
    assert!(!outbound.finish_if_drained(&ours));
}

#[test]
fn what_is_not_compressed_when_the_peer_ends_never_is() {
    let (mut outbound, ours, mut peer) = open(true);
    let shared = &mut SharedPayload::default();
    outbound.append(framed(Opcode::Text, false), b"plain", true, shared);
    outbound.append(framed(Opcode::Text, true), &[b'a'; 2000], true, shared);
    outbound.append(framed(Opcode::Ping, false), b"behind", true, shared);
    assert!(outbound.release());
    outbound.give_up_unframed();
    assert!(outbound.take_unframed().is_none());
    outbound.append(framed(Opcode::Text, true), b"late", false, shared);
    assert!(!outbound.release());

    assert!(!outbound.finish(&ours));
    assert_eq!(read_all(&mut outbound, &ours, &mut peer), b"\x81\x05plain");
    assert!(outbound.finish_if_drained(&ours));
    assert_eq!(peer.read(&mut [0]).unwrap(), 0);
    assert_eq!(outbound.close(), [1, 0, 0, 2, 2010]);
}
