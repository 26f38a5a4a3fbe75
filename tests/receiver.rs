//! What a receiver accepts and refuses, in whatever pieces it comes.

mod support;

use oxws::proto::{Config, ProtocolError, Receiver, Role, is_valid_close_code};
use support::{
    KEY, ROLES, Received, check, check_failure, config, frame, header, key_byte, receive,
    receive_chunk, receiver,
};

#[test]
fn messages_and_control_frames() {
    for role in ROLES {
        let cases: [(u8, &[u8], Received); 8] = [
            (0x81, b"", Received::text("")),
            (0x81, b"text", Received::text("text")),
            (0x82, b"", Received::Binary(vec![])),
            (0x82, b"\xff\x00", Received::Binary(vec![0xff, 0])),
            (0x89, b"", Received::Ping(vec![])),
            (0x89, &[7; 125], Received::Ping(vec![7; 125])),
            (0x8a, b"pong", Received::Pong(b"pong".to_vec())),
            (0x88, b"", Received::Close(None, vec![])),
        ];
        for (first, payload, expected) in cases {
            check(|| receiver(role), &frame(role, first, payload), &[expected]);
        }
    }
}

#[test]
fn a_conversation_in_any_pieces() {
    for role in ROLES {
        let bytes = [
            frame(role, 0x81, "größe".as_bytes()),
            frame(role, 0x02, b"one"),
            frame(role, 0x89, b"ping"),
            frame(role, 0x00, b""),
            frame(role, 0x00, &[2; 130]),
            frame(role, 0x8a, b"pong"),
            frame(role, 0x80, b"three"),
            frame(role, 0x82, &[3; 126]),
            frame(role, 0x88, b"\x03\xe8bye"),
        ]
        .concat();
        let message = [b"one".as_slice(), &[2; 130], b"three"].concat();
        let expected = [
            Received::text("größe"),
            Received::Ping(b"ping".to_vec()),
            Received::Pong(b"pong".to_vec()),
            Received::Binary(message),
            Received::Binary(vec![3; 126]),
            Received::Close(Some(1000), b"bye".to_vec()),
        ];
        check(|| receiver(role), &bytes, &expected);
    }
}

#[test]
fn a_length_may_be_longer_than_needed() {
    for head in ["82 7e 0003", "82 7f 0000000000000003"] {
        let bytes = [support::hex(head), b"abc".to_vec()].concat();
        let expected = [Received::Binary(b"abc".to_vec())];
        check(|| receiver(Role::Client), &bytes, &expected);
    }
}

#[test]
fn every_key_unmasks() {
    for key in [[0; 4], [0xff; 4], KEY, [0, 0, 0, 1]] {
        let mut bytes = [&[0x82, 0x80 | 9], key.as_slice()].concat();
        bytes.extend((0..9).map(|i| i ^ key[usize::from(i) % 4]));
        let expected = [Received::Binary((0..9).collect())];
        check(|| receiver(Role::Server), &bytes, &expected);
    }
}

#[test]
fn bits_that_are_reserved() {
    use ProtocolError::{UnexpectedRsv1, UnexpectedRsv23};
    for role in ROLES {
        for first in [0xa1, 0x91, 0xb2, 0xf1, 0xa9, 0x93, 0xbf] {
            check_failure(
                || receiver(role),
                &header(role, first, 0)[..2],
                UnexpectedRsv23,
            );
        }
        for first in [0xc1, 0x42, 0xc0, 0xc8, 0xc9, 0xca, 0xc3, 0x4b] {
            check_failure(
                || receiver(role),
                &header(role, first, 0)[..2],
                UnexpectedRsv1,
            );
        }
    }
}

#[test]
fn opcodes_that_are_reserved_or_out_of_place() {
    let error = ProtocolError::InvalidOpcode;
    for role in ROLES {
        for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
            for fin in [0x80, 0] {
                let bytes = &header(role, fin | opcode, 5)[..2];
                check_failure(|| receiver(role), bytes, error(opcode));
            }
        }
        for first in [0x80, 0x00] {
            let bytes = &header(role, first, 5)[..2];
            check_failure(|| receiver(role), bytes, error(0));
        }
        for first in [0x01, 0x02, 0x81, 0x82] {
            let mut bytes = frame(role, 0x01, b"open");
            bytes.extend(&header(role, first, 5)[..2]);
            check_failure(|| receiver(role), &bytes, error(first & 0xf));
        }
        let bytes = [
            frame(role, 0x82, b"whole"),
            header(role, 0x80, 5)[..2].to_vec(),
        ]
        .concat();
        let whole = Received::Binary(b"whole".to_vec());
        check(
            || receiver(role),
            &bytes,
            &[whole, Received::Failed(error(0))],
        );
    }
}

#[test]
fn control_frames_are_short_and_whole() {
    for role in ROLES {
        for opcode in [8, 9, 10] {
            let bytes = &header(role, opcode, 5)[..2];
            check_failure(|| receiver(role), bytes, ProtocolError::ExpectedFin);
            for length in [126, 127] {
                let mask = if role == Role::Server { 0x80 } else { 0 };
                let error = ProtocolError::InvalidControlPayloadLength(length);
                check_failure(|| receiver(role), &[0x80 | opcode, mask | length], error);
            }
        }
        let error = ProtocolError::InvalidControlPayloadLength(1);
        check_failure(|| receiver(role), &header(role, 0x88, 1)[..2], error);
    }
}

#[test]
fn clients_mask_and_servers_do_not() {
    for first in [0x81, 0x82, 0x01, 0x88, 0x89, 0x8a] {
        let unmasked = &header(Role::Client, first, 4)[..2];
        let error = ProtocolError::ExpectedMask;
        check_failure(|| receiver(Role::Server), unmasked, error);
        let masked = &header(Role::Server, first, 4)[..2];
        let error = ProtocolError::UnexpectedMask;
        check_failure(|| receiver(Role::Client), masked, error);
    }
}

#[test]
fn the_first_of_several_faults_is_named() {
    use ProtocolError as E;
    let cases = [
        ([0xf3, 0x05], E::UnexpectedRsv23),
        ([0x53, 0x05], E::UnexpectedRsv23),
        ([0x43, 0x05], E::UnexpectedRsv1),
        ([0x40, 0x05], E::UnexpectedRsv1),
        ([0x48, 0x7f], E::UnexpectedRsv1),
        ([0x03, 0x05], E::InvalidOpcode(3)),
        ([0x00, 0x05], E::InvalidOpcode(0)),
        ([0x08, 0x7f], E::ExpectedFin),
        ([0x88, 0x01], E::InvalidControlPayloadLength(1)),
        ([0x89, 0x7e], E::InvalidControlPayloadLength(126)),
        ([0x89, 0x05], E::ExpectedMask),
    ];
    for (bytes, error) in cases {
        check_failure(|| receiver(Role::Server), &bytes, error);
    }
}

#[test]
fn status_codes_of_close_frames() {
    for role in ROLES {
        for code in 0..=u16::MAX {
            let bytes = frame(role, 0x88, &code.to_be_bytes());
            let expected = if is_valid_close_code(code) {
                Received::Close(Some(code), Vec::new())
            } else {
                Received::Failed(ProtocolError::InvalidCloseCode(code))
            };
            assert_eq!(receive_chunk(&mut receiver(role), &bytes), [expected]);
        }
        let bytes = frame(role, 0x88, &1005_u16.to_be_bytes());
        let error = ProtocolError::InvalidCloseCode(1005);
        check_failure(|| receiver(role), &bytes, error);
    }
}

#[test]
fn reasons_of_close_frames() {
    for role in ROLES {
        let longest = [&[0x0f, 0xa0], [b'x'; 123].as_slice()].concat();
        let bytes = frame(role, 0x88, &longest);
        let expected = Received::Close(Some(4000), vec![b'x'; 123]);
        check(|| receiver(role), &bytes, &[expected]);
        let bytes = frame(role, 0x88, b"\x03\xe8\xe2\x82");
        check_failure(|| receiver(role), &bytes, ProtocolError::InvalidUtf8);
    }
}

#[test]
fn text_is_utf8() {
    let cases: [(&[u8], bool); 12] = [
        (b"\xf0\x9d\x84\x9e", true),
        (b"\xef\xbf\xbf", true),
        (b"\xf4\x8f\xbf\xbf", true),
        (b"\xed\x9f\xbf", true),
        (b"\xc0\xaf", false),
        (b"\xed\xa0\x80", false),
        (b"\xf4\x90\x80\x80", false),
        (b"\x80", false),
        (b"abc\xfe", false),
        (b"\xe2\x82", false),
        (b"\xf0\x9d\x84", false),
        (b"\xf8\x88\x80\x80\x80", false),
    ];
    for role in ROLES {
        for (text, valid) in cases {
            let expected = if valid {
                Received::Text(text.to_vec())
            } else {
                Received::Failed(ProtocolError::InvalidUtf8)
            };
            check(
                || receiver(role),
                &frame(role, 0x81, text),
                std::slice::from_ref(&expected),
            );
            for cut in 0..=text.len() {
                let bytes = [
                    frame(role, 0x01, &text[..cut]),
                    frame(role, 0x80, &text[cut..]),
                ]
                .concat();
                check(|| receiver(role), &bytes, std::slice::from_ref(&expected));
            }
        }
    }
}

#[test]
fn text_need_not_be_utf8_if_that_is_not_checked() {
    for role in ROLES {
        let lenient = || {
            Receiver::new(&Config {
                skip_utf8_validation: true,
                ..config(role)
            })
        };
        let bytes = [
            frame(role, 0x81, b"\xff"),
            frame(role, 0x01, b"\xf0\x9d"),
            frame(role, 0x80, b"\xff"),
            frame(role, 0x88, b"\x03\xe8\xff"),
        ]
        .concat();
        let expected = [
            Received::Text(vec![0xff]),
            Received::Text(vec![0xf0, 0x9d, 0xff]),
            Received::Close(Some(1000), vec![0xff]),
        ];
        check(lenient, &bytes, &expected);
    }
}

#[test]
fn a_wrong_byte_fails_before_the_message_is_complete() {
    for role in ROLES {
        let mut receiver = receiver(role);
        let mut bytes = header(role, 0x01, 1000);
        bytes.extend([0xf4 ^ key_byte(role, 0), 0x90 ^ key_byte(role, 1)]);
        let failed = Received::Failed(ProtocolError::InvalidUtf8);
        assert_eq!(receive_chunk(&mut receiver, &bytes), [failed]);
    }
}

#[test]
fn nothing_is_told_after_the_end() {
    for role in ROLES {
        for (end, expected) in [
            (frame(role, 0x88, b""), Received::Close(None, Vec::new())),
            (
                header(role, 0x83, 0),
                Received::Failed(ProtocolError::InvalidOpcode(3)),
            ),
            (
                frame(role, 0x81, b"\xff"),
                Received::Failed(ProtocolError::InvalidUtf8),
            ),
        ] {
            let bytes = [
                end,
                frame(role, 0x81, b"text"),
                header(role, 0xff, 0),
                frame(role, 0x88, b""),
                vec![0xff; 200],
            ]
            .concat();
            check(|| receiver(role), &bytes, std::slice::from_ref(&expected));
            let mut receiver = receiver(role);
            receive_chunk(&mut receiver, &bytes);
            assert_eq!(receive_chunk(&mut receiver, &vec![0x81; 100_000]), []);
            assert_eq!(receiver.in_large_payload(), None);
            assert_eq!(receiver.buffered(), b"");
        }
    }
}

#[test]
fn hibernation_is_not_noticed() {
    for role in ROLES {
        let bytes = [
            frame(role, 0x02, b"one"),
            frame(role, 0x89, b"ping"),
            frame(role, 0x80, b"two"),
            frame(role, 0x81, b"text"),
        ]
        .concat();
        let expected = receive(&mut receiver(role), &[&bytes]);
        let mut sleepy = receiver(role);
        let mut received = Vec::new();
        for byte in &bytes {
            received.extend(receive_chunk(&mut sleepy, &[*byte]));
            sleepy.hibernate();
        }
        assert_eq!(received, expected);
    }
}
