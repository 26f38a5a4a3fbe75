//! What a hostile or odd peer may send as compressed payload.

use oxws::proto::ProtocolError;
use oxws::proto::extension::deflate::Compressor;
use oxws::proto::extension::inflate::Decompressor;
use oxws::proto::extension::permessage_deflate::{DeflateConfig, Direction};

const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
const HELLO_AGAIN: [u8; 5] = [0xf2, 0x00, 0x11, 0x00, 0x00];
const HELLO_BFINAL: [u8; 7] = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

fn config(window_bits: u8, context_takeover: bool) -> DeflateConfig {
    let direction = Direction {
        window_bits,
        context_takeover,
    };
    DeflateConfig {
        send: direction,
        receive: direction,
        ..DeflateConfig::default()
    }
}

fn decompressor() -> Decompressor {
    Decompressor::new(&DeflateConfig::default())
}

fn receive(decompressor: &mut Decompressor, payload: &[u8]) -> Result<Vec<u8>, ProtocolError> {
    let mut message = Vec::new();
    decompressor.decompress(payload, true, usize::MAX, &mut message)?;
    Ok(message)
}

fn compressed(data: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    Compressor::new(&DeflateConfig::default()).compress(data, true, &mut payload);
    payload
}

/// Incompressible, and the same in every run.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

#[test]
fn bomb_stops_one_byte_past_the_limit() {
    let bomb = compressed(&vec![0; 64 << 20]);
    assert!(bomb.len() < 70 << 10);
    let limit = 1 << 20;
    let mut message = Vec::new();
    let result = decompressor().decompress(&bomb, true, limit, &mut message);
    assert_eq!(result, Err(ProtocolError::UnsupportedMessageLength));
    assert!(message.capacity() <= limit + 1, "{}", message.capacity());
}

#[test]
fn limit_itself_is_allowed() {
    for len in [0, 1, 255, 256, 257, 1000, 70_000] {
        let data = vec![7; len];
        let mut message = Vec::new();
        let result = decompressor().decompress(&compressed(&data), true, len, &mut message);
        assert_eq!((result, message.len()), (Ok(()), len));
        if len > 0 {
            let mut message = Vec::new();
            let result = decompressor().decompress(&compressed(&data), true, len - 1, &mut message);
            assert_eq!(
                result,
                Err(ProtocolError::UnsupportedMessageLength),
                "{len}"
            );
        }
    }
}

#[test]
fn limit_counts_all_frames_of_a_message() {
    let payload = compressed(&noise(1000));
    let mut message = Vec::new();
    let mut decompressor = decompressor();
    let (first, second) = payload.split_at(600);
    assert_eq!(
        decompressor.decompress(first, false, 999, &mut message),
        Ok(())
    );
    let result = decompressor.decompress(second, true, 999, &mut message);
    assert_eq!(result, Err(ProtocolError::UnsupportedMessageLength));
}

#[test]
fn bomb_with_context_takeover_stops_as_well() {
    let mut decompressor = decompressor();
    let mut compressor = Compressor::new(&DeflateConfig::default());
    for _ in 0..3 {
        let mut payload = Vec::new();
        compressor.compress(&vec![0; 100_000], true, &mut payload);
        assert_eq!(receive(&mut decompressor, &payload).unwrap().len(), 100_000);
    }
    let mut payload = Vec::new();
    compressor.compress(&vec![0; 10 << 20], true, &mut payload);
    let mut message = Vec::new();
    let result = decompressor.decompress(&payload, true, 1000, &mut message);
    assert_eq!(result, Err(ProtocolError::UnsupportedMessageLength));
    assert!(message.capacity() <= 1001);
}

#[test]
fn message_without_any_payload_is_empty() {
    let mut decompressor = decompressor();
    assert_eq!(receive(&mut decompressor, &[]).unwrap(), b"");
    assert_eq!(receive(&mut decompressor, &HELLO).unwrap(), b"Hello");
}

#[test]
fn empty_final_frame_ends_the_message() {
    let mut decompressor = decompressor();
    let mut message = Vec::new();
    assert_eq!(
        decompressor.decompress(&HELLO, false, 5, &mut message),
        Ok(())
    );
    assert_eq!(decompressor.decompress(&[], true, 5, &mut message), Ok(()));
    assert_eq!(message, b"Hello");
}

#[test]
fn garbage_is_refused() {
    for payload in [
        &b"something invalid"[..],
        &[0x06],                         // BTYPE 11
        &[0x07, 0x00],                   // BTYPE 11 with BFINAL
        &[0xff; 40],                     // the same
        &[0x00, 0x05, 0x00, 0x00, 0x00], // stored block whose length is not repeated
        &[0x05, 0xff, 0xff, 0xff],       // dynamic block with too many codes
    ] {
        let result = receive(&mut decompressor(), payload);
        assert_eq!(
            result,
            Err(ProtocolError::InvalidCompressedData),
            "{payload:x?}"
        );
    }
}

#[test]
fn distance_before_the_first_message_is_refused() {
    let result = receive(&mut decompressor(), &HELLO_AGAIN);
    assert_eq!(result, Err(ProtocolError::InvalidCompressedData));
}

#[test]
fn distance_beyond_the_window_is_refused() {
    let mut compressor = Compressor::new(&config(15, true));
    let mut decompressor = Decompressor::new(&config(9, true));
    let data = noise(2000);
    let mut payload = Vec::new();
    compressor.compress(&data, true, &mut payload);
    assert_eq!(receive(&mut decompressor, &payload).unwrap(), data);
    payload.clear();
    compressor.compress(&data, true, &mut payload);
    let result = receive(&mut decompressor, &payload);
    assert_eq!(result, Err(ProtocolError::InvalidCompressedData));
}

#[test]
fn truncated_message_is_refused_wherever_it_is_cut() {
    let text = "to be or not to be, that is the question ".repeat(9);
    let payload = compressed(text.as_bytes());
    for len in 1..payload.len() {
        let result = receive(&mut decompressor(), &payload[..len]);
        assert_eq!(
            result,
            Err(ProtocolError::InvalidCompressedData),
            "cut at {len}"
        );
    }
}

#[test]
fn message_after_one_that_ended_with_bfinal() {
    for end in [&[0x00][..], &[]] {
        let mut decompressor = decompressor();
        let ended = [&HELLO_BFINAL, end].concat();
        assert_eq!(receive(&mut decompressor, &ended).unwrap(), b"Hello");
        assert_eq!(receive(&mut decompressor, &ended).unwrap(), b"Hello");
        assert_eq!(receive(&mut decompressor, &HELLO).unwrap(), b"Hello");
        assert_eq!(receive(&mut decompressor, &HELLO_AGAIN).unwrap(), b"Hello");
    }
}

#[test]
fn blocks_after_bfinal_belong_to_the_message() {
    let payload = [&HELLO_BFINAL[..], &HELLO_BFINAL, &HELLO].concat();
    for split in 0..payload.len() {
        let (first, second) = payload.split_at(split);
        let mut decompressor = decompressor();
        let mut message = Vec::new();
        decompressor
            .decompress(first, false, 15, &mut message)
            .unwrap();
        decompressor
            .decompress(second, true, 15, &mut message)
            .unwrap();
        assert_eq!(message, b"HelloHelloHello", "split at {split}");
    }
}

#[test]
fn window_outlives_bfinal_within_a_message() {
    for context_takeover in [true, false] {
        let mut decompressor = Decompressor::new(&config(15, context_takeover));
        let payload = [&HELLO_BFINAL[..], &HELLO_AGAIN].concat();
        assert_eq!(receive(&mut decompressor, &payload).unwrap(), b"HelloHello");
    }
}

#[test]
fn endless_final_blocks_are_refused() {
    let empty_final_block = [0x03, 0x00];
    let payload = empty_final_block.repeat(100_000);
    let result = receive(&mut decompressor(), &payload);
    assert_eq!(result, Err(ProtocolError::InvalidCompressedData));
}

#[test]
fn any_split_into_frames_gives_the_same_message() {
    let text = "{\"id\":1,\"name\":\"first\"},{\"id\":2,\"name\":\"second\"},".repeat(3);
    let payload = compressed(text.as_bytes());
    for split in 0..=payload.len() {
        let (first, second) = payload.split_at(split);
        let mut decompressor = decompressor();
        let mut message = Vec::new();
        decompressor
            .decompress(first, false, text.len(), &mut message)
            .unwrap();
        decompressor
            .decompress(second, true, text.len(), &mut message)
            .unwrap();
        assert_eq!(message, text.as_bytes());
    }
    let mut decompressor = decompressor();
    let mut message = Vec::new();
    for byte in &payload {
        let byte = std::slice::from_ref(byte);
        decompressor
            .decompress(byte, false, text.len(), &mut message)
            .unwrap();
    }
    decompressor
        .decompress(&[], true, text.len(), &mut message)
        .unwrap();
    assert_eq!(message, text.as_bytes());
}

#[test]
fn retains_what_was_received_up_to_the_window() {
    for window_bits in [8, 9, 12, 15] {
        let mut decompressor = Decompressor::new(&config(window_bits, true));
        assert_eq!(decompressor.retained(), 0);
        receive(&mut decompressor, &HELLO).unwrap();
        assert!(decompressor.retained() <= 8);
        for len in [100, 1000, 10_000, 100_000] {
            receive(&mut decompressor, &compressed(&noise(len))).unwrap();
            assert!(decompressor.retained() <= 1 << window_bits);
        }
    }
}

#[test]
fn retains_nothing_without_context_takeover() {
    let mut decompressor = Decompressor::new(&config(15, false));
    receive(&mut decompressor, &compressed(&noise(10_000))).unwrap();
    assert_eq!(decompressor.retained(), 0);
}

#[test]
fn hibernation_keeps_the_window_in_less_memory() {
    let text: String = (0..3000).map(|i| format!("{{\"id\":{i}}},")).collect();
    for window_bits in [10, 15] {
        let config = config(window_bits, true);
        let mut compressor = Compressor::new(&config);
        let mut decompressor = Decompressor::new(&config);
        for data in text.as_bytes().chunks(700) {
            let mut payload = Vec::new();
            compressor.compress(data, true, &mut payload);
            let awake = decompressor.retained();
            decompressor.hibernate();
            assert!(awake < 2000 || decompressor.retained() < awake / 2);
            assert_eq!(receive(&mut decompressor, &payload).unwrap(), data);
        }
    }
}

#[test]
fn hibernation_waits_for_the_end_of_a_message() {
    let data = noise(3000);
    let payload = compressed(&data);
    let (first, second) = payload.split_at(1500);
    let mut decompressor = decompressor();
    let mut message = Vec::new();
    decompressor
        .decompress(first, false, 3000, &mut message)
        .unwrap();
    decompressor.hibernate();
    decompressor
        .decompress(second, true, 3000, &mut message)
        .unwrap();
    assert_eq!(message, data);
}

#[test]
fn hibernation_leaves_incompressible_history_alone() {
    let mut decompressor = decompressor();
    receive(&mut decompressor, &compressed(&noise(40_000))).unwrap();
    decompressor.hibernate();
    assert_eq!(decompressor.retained(), 1 << 15);
}
