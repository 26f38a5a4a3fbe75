//! Limits of a receiver, long payloads, and the fragments of messages.

mod support;

use oxws::proto::{Chunk, Limits, ProtocolError, Receiver, Role};
use support::{
    ROLES, Received, check, check_failure, frame, header, key_byte, limited, receive,
    receive_as_lane, receive_chunk, receiver,
};

#[test]
fn a_frame_is_at_most_as_long_as_js_can_count() {
    let error = ProtocolError::UnsupportedDataPayloadLength;
    for role in ROLES {
        for length in [1 << 53, (1 << 63) - 1, 1 << 63, u64::MAX] {
            let head = header(role, 0x82, length);
            check_failure(|| receiver(role), &head[..10], error);
        }
        for length in [1 << 31, (1 << 32) - 1, 1 << 32, (1 << 53) - 1] {
            check(|| receiver(role), &header(role, 0x82, length), &[]);
        }
    }
}

#[test]
fn max_payload_is_checked_at_the_header() {
    let error = ProtocolError::UnsupportedMessageLength;
    for role in ROLES {
        for max_payload in [1, 125, 126, 127, 65535, 65536] {
            let make = || {
                limited(
                    role,
                    Limits {
                        max_payload,
                        ..Limits::default()
                    },
                )
            };
            let payload = vec![b'a'; max_payload as usize];
            let bytes = frame(role, 0x82, &payload);
            assert_eq!(
                receive(&mut make(), &[&bytes]),
                [Received::Binary(payload.clone())]
            );
            // The masking key behind the length is not waited for.
            let mask_len = if role == Role::Server { 4 } else { 0 };
            let head = header(role, 0x82, max_payload + 1);
            check_failure(make, &head[..head.len() - mask_len], error);

            let fragments = [
                frame(role, 0x02, &payload[1..]),
                frame(role, 0x00, b""),
                frame(role, 0x89, &[0; 125]),
            ]
            .concat();
            let fits = [&fragments[..], &frame(role, 0x80, b"a")].concat();
            let expected = [Received::Ping(vec![0; 125]), Received::Binary(payload)];
            assert_eq!(receive(&mut make(), &[&fits]), expected);
            let head = header(role, 0x80, 2);
            let too_long = [&fragments[..], &head[..2]].concat();
            let expected = [Received::Ping(vec![0; 125]), Received::Failed(error)];
            assert_eq!(receive(&mut make(), &[&too_long]), expected);
            let bytes: Vec<&[u8]> = too_long.chunks(1).collect();
            assert_eq!(receive(&mut make(), &bytes), expected);
        }
    }
}

#[test]
fn announced_lengths_do_not_overflow() {
    for role in ROLES {
        let max_payload = (1 << 53) - 1;
        let limits = Limits {
            max_payload,
            ..Limits::default()
        };
        let bytes = [
            frame(role, 0x02, b"a"),
            header(role, 0x80, max_payload)[..10].to_vec(),
        ]
        .concat();
        let error = ProtocolError::UnsupportedMessageLength;
        check_failure(|| limited(role, limits), &bytes, error);
    }
}

#[test]
fn max_fragments_counts_empty_frames_too() {
    for role in ROLES {
        for max_fragments in 1..4 {
            let limits = Limits {
                max_fragments,
                ..Limits::default()
            };
            for payload in [b"".as_slice(), b"x"] {
                let mut bytes = frame(role, 0x02, payload);
                for _ in 1..max_fragments {
                    bytes.extend(frame(role, 0x89, b""));
                    bytes.extend(frame(role, 0x00, payload));
                }
                // Every message has the whole number to itself.
                let last = bytes.len() - frame(role, 0x00, payload).len();
                let mut fits = bytes.clone();
                fits[last] |= 0x80;
                let fits = fits.repeat(2);
                let received = receive(&mut limited(role, limits), &[&fits]);
                assert_eq!(received.len() as u32, 2 * max_fragments);
                assert!(
                    !received
                        .iter()
                        .any(|got| matches!(got, Received::Failed(_)))
                );

                bytes.extend(frame(role, 0x80, payload));
                let received = receive(&mut limited(role, limits), &[&bytes]);
                let failed = Received::Failed(ProtocolError::TooManyFragments);
                assert_eq!(received.last(), Some(&failed));
                assert_eq!(received.len() as u32, max_fragments);
            }
        }
    }
}

#[test]
fn max_buffered_chunks_counts_what_waits() {
    for role in ROLES {
        for max_buffered_chunks in 1..5 {
            let limits = Limits {
                max_buffered_chunks,
                ..Limits::default()
            };
            let bytes = frame(role, 0x82, b"payload in chunks");
            let pieces = |count: usize| -> Vec<&[u8]> {
                let (last, first) = (bytes.len() - count + 1, &bytes);
                let mut pieces = vec![&first[..last]];
                pieces.extend(bytes[last..].chunks(1));
                pieces
            };
            let waiting = max_buffered_chunks as usize;
            let mut receiver = limited(role, limits);
            let expected = Received::Binary(b"payload in chunks".to_vec());
            for _ in 0..3 {
                let received = receive(&mut receiver, &pieces(waiting));
                assert_eq!(received, std::slice::from_ref(&expected));
            }
            let failed = Received::Failed(ProtocolError::TooManyBufferedChunks);
            assert_eq!(
                receive(&mut receiver, &pieces(waiting + 2)),
                std::slice::from_ref(&failed)
            );
            // Also on the way that large payloads take.
            let large = frame(role, 0x82, &vec![0; 300_000]);
            let received = receive_as_lane(&mut limited(role, limits), &large, 10_000);
            assert_eq!(received, [failed]);
            let whole = receive_as_lane(&mut limited(role, limits), &large, 400_000);
            assert_eq!(whole, [Received::Binary(vec![0; 300_000])]);
        }
    }
}

#[test]
fn long_payloads_are_the_same_on_both_ways() {
    let text = "ünïcödé 𝄞 ".repeat(20_000);
    for role in ROLES {
        let whole = frame(role, 0x81, text.as_bytes());
        let bytes = [
            frame(role, 0x81, b"before"),
            whole.clone(),
            frame(role, 0x01, &text.as_bytes()[..100_001]),
            frame(role, 0x89, b"between"),
            frame(role, 0x80, &text.as_bytes()[100_001..]),
            frame(role, 0x81, b"after"),
        ]
        .concat();
        let expected = receive(&mut receiver(role), &[&bytes]);
        assert_eq!(expected.len(), 5);
        for step in [1000, 4096, 65_536, 65_537, 100_000, 1 << 20] {
            let received = receive_as_lane(&mut receiver(role), &bytes, step);
            assert_eq!(received, expected, "reads of {step}");
        }
        let mut broken = whole;
        let last = broken.len() - 1;
        broken[last] ^= 0x80;
        for step in [1000, 65_536] {
            let received = receive_as_lane(&mut receiver(role), &broken, step);
            assert_eq!(received, [Received::Failed(ProtocolError::InvalidUtf8)]);
        }
    }
}

#[test]
fn only_long_uncompressed_data_is_read_straight() {
    for role in ROLES {
        let cases = [
            (0x82, 1 << 40, 0, None),
            (0x82, 1 << 40, 32_767, None),
            (0x82, 1 << 40, 32_768, Some((1 << 40) - 32_768)),
            (0x82, 98_304, 32_768, Some(65_536)),
            (0x82, 98_303, 32_768, None),
            (0x01, 200_000, 40_000, Some(160_000)),
            (0x89, 125, 0, None),
        ];
        for (first, length, sent, expected) in cases {
            let mut receiver = receiver(role);
            let mut bytes = header(role, first, length);
            bytes.extend((0..sent).map(|i| b'0' ^ key_byte(role, i)));
            assert_eq!(receive_chunk(&mut receiver, &bytes), []);
            assert_eq!(receiver.in_large_payload(), expected, "{first:x} {length}");
        }
        assert_eq!(receiver(role).in_large_payload(), None);
    }
}

/// Memory of zeros that nobody touches costs nothing.
#[test]
fn a_message_of_more_than_32_bits_is_refused() {
    for (first, role) in [
        (0x82, Role::Client),
        (0x01, Role::Client),
        (0x82, Role::Server),
    ] {
        let mut receiver = receiver(role);
        let mut bytes = header(role, first, 1 << 40);
        bytes.resize(bytes.len() + 40_000, 0);
        assert_eq!(receive_chunk(&mut receiver, &bytes), []);
        *receiver.large_payload_buffer() = vec![0; u32::MAX as usize];
        assert_eq!(receiver.large_payload_appended(4), Ok(None));
        let mut byte = [0];
        assert_eq!(
            receiver.next_event(&mut Chunk::new(&mut byte)),
            Err(ProtocolError::UnsupportedMessageLength)
        );
        assert_eq!(ProtocolError::UnsupportedMessageLength.close_code(), 1009);
    }
}

#[test]
fn fragments_of_binary_messages_can_be_told_apart() {
    for role in ROLES {
        let bytes = [
            frame(role, 0x02, b"one"),
            frame(role, 0x00, b""),
            frame(role, 0x00, &[0; 200]),
            frame(role, 0x80, b"three"),
        ]
        .concat();
        let mut fragmented = receiver(role);
        receive_last(&mut fragmented, &bytes);
        assert_eq!(fragmented.fragment_ends(), [3, 203, 208]);
        assert_eq!(fragmented.take_buffered().len(), 208);
        assert_eq!(fragmented.fragment_ends(), [3, 203, 208]);
        receive_chunk(&mut fragmented, b"");
        assert!(fragmented.fragment_ends().is_empty());

        for (first, last) in [(&b"all"[..], &b""[..]), (b"", b"all"), (b"", b"")] {
            let bytes = [frame(role, 0x02, first), frame(role, 0x80, last)].concat();
            let mut receiver = receiver(role);
            receive_last(&mut receiver, &bytes);
            assert!(receiver.fragment_ends().is_empty());
        }
    }
}

/// Hands `bytes` in so that the event of the last byte is the current one.
fn receive_last(receiver: &mut Receiver, bytes: &[u8]) {
    let mut bytes = bytes.to_vec();
    let mut chunk = Chunk::new(&mut bytes);
    assert!(matches!(receiver.next_event(&mut chunk), Ok(Some(_))));
}
