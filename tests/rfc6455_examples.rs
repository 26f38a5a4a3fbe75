//! The frames of RFC 6455 section 5.7, received and sent.

mod support;

use oxws::proto::{Opcode, Role, SendOptions, Sender};
use support::{KEY, Received, config, hex, receive, receiver, splits};

const PLAIN: SendOptions = SendOptions {
    opcode: Opcode::Text,
    fin: true,
    compress: false,
    mask: None,
};

/// Receives `bytes` in every split, and gets them when sending `frames`.
fn check(role: Role, bytes: &[u8], expected: &[Received], frames: &[(SendOptions, &[u8])]) {
    for chunks in splits(bytes) {
        assert_eq!(receive(&mut receiver(role), &chunks), expected);
    }
    let mut sender = Sender::new(&config(support::peer_of(role)));
    let mut out = Vec::new();
    for (options, payload) in frames {
        sender.send(*options, payload, &mut out);
    }
    assert_eq!(out, bytes);
}

#[test]
fn unmasked_text_message() {
    check(
        Role::Client,
        &hex("81 05 48 65 6c 6c 6f"),
        &[Received::text("Hello")],
        &[(PLAIN, b"Hello")],
    );
}

#[test]
fn masked_text_message() {
    let mask = Some(KEY.into());
    check(
        Role::Server,
        &hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"),
        &[Received::text("Hello")],
        &[(SendOptions { mask, ..PLAIN }, b"Hello")],
    );
}

#[test]
fn fragmented_text_message() {
    check(
        Role::Client,
        &hex("01 03 48 65 6c 80 02 6c 6f"),
        &[Received::text("Hello")],
        &[
            (
                SendOptions {
                    fin: false,
                    ..PLAIN
                },
                b"Hel",
            ),
            (PLAIN, b"lo"),
        ],
    );
}

#[test]
fn ping_and_masked_pong() {
    let opcode = Opcode::Ping;
    check(
        Role::Client,
        &hex("89 05 48 65 6c 6c 6f"),
        &[Received::Ping(b"Hello".to_vec())],
        &[(SendOptions { opcode, ..PLAIN }, b"Hello")],
    );
    let (opcode, mask) = (Opcode::Pong, Some(KEY.into()));
    check(
        Role::Server,
        &hex("8a 85 37 fa 21 3d 7f 9f 4d 51 58"),
        &[Received::Pong(b"Hello".to_vec())],
        &[(
            SendOptions {
                opcode,
                mask,
                ..PLAIN
            },
            b"Hello",
        )],
    );
}

#[test]
fn lengths_of_sixteen_and_sixty_four_bits() {
    for (head, length) in [("82 7e 0100", 256), ("82 7f 0000000000010000", 65536)] {
        let payload: Vec<u8> = (0..length).map(|i| i as u8).collect();
        let bytes = [hex(head), payload.clone()].concat();
        let expected = [Received::Binary(payload.clone())];
        assert_eq!(receive(&mut receiver(Role::Client), &[&bytes]), expected);
        let mut out = Vec::new();
        let opcode = Opcode::Binary;
        Sender::new(&config(Role::Server)).send(
            SendOptions { opcode, ..PLAIN },
            &payload,
            &mut out,
        );
        assert_eq!(out, bytes);
    }
}
