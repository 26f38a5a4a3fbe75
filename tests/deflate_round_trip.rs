//! Whatever the settings, what is compressed can be read by this engine and by others.

mod deflate_support;

use std::sync::Arc;

use deflate_support::reference_inflate;
use oxws::proto::extension::deflate::Compressor;
use oxws::proto::extension::inflate::Decompressor;
use oxws::proto::extension::permessage_deflate;
use oxws::proto::extension::permessage_deflate::{DeflateConfig, Direction, Effort};
use proptest::prelude::*;

const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

fn config(direction: Direction, effort: Effort) -> DeflateConfig {
    DeflateConfig {
        send: direction,
        receive: direction,
        effort,
        ..DeflateConfig::default()
    }
}

/// Compresses the fragments of one message.
fn compress(compressor: &mut Compressor, fragments: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let last = fragments.len() - 1;
    let mut frames = Vec::new();
    for (index, fragment) in fragments.iter().enumerate() {
        let mut frame = Vec::new();
        compressor.compress(fragment, index == last, &mut frame);
        frames.push(frame);
    }
    frames
}

fn decompress(decompressor: &mut Decompressor, frames: &[Vec<u8>]) -> Vec<u8> {
    let last = frames.len() - 1;
    let mut message = Vec::new();
    for (index, frame) in frames.iter().enumerate() {
        decompressor
            .decompress(frame, index == last, usize::MAX, &mut message)
            .expect("valid payload");
    }
    message
}

/// Sends `messages` through a compressor and reads them with the engine and the reference.
fn check(config: &DeflateConfig, messages: &[Vec<Vec<u8>>], release: bool) {
    let mut compressor = Compressor::new(config);
    let mut decompressor = Decompressor::new(config);
    let window = 1 << config.send.window_bits;
    let mut history: Vec<u8> = Vec::new();
    for fragments in messages {
        let frames = compress(&mut compressor, fragments);
        let data = fragments.concat();
        assert_eq!(decompress(&mut decompressor, &frames), data);

        let payload = [frames.concat(), TAIL.to_vec()].concat();
        let decoded = reference_inflate(&payload, &history).expect("valid deflate data");
        assert_eq!(decoded.data, data);
        assert!(decoded.max_distance <= window);
        if config.send.context_takeover {
            history.extend(data);
        }
        if release {
            compressor.release();
        }
    }
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec![
        "\"id\":",
        "\"name\":\"",
        "true,",
        "},{",
        "alpha",
        "beta",
        "17",
        "0.5",
        "\u{e9}\u{df}",
    ]);
    prop::collection::vec(word, 0..600).prop_map(|words| words.concat().into_bytes())
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => text(),
        1 => prop::collection::vec(any::<u8>(), 0..3000),
        1 => (any::<u8>(), 0..100_000_usize).prop_map(|(byte, len)| vec![byte; len]),
    ]
}

fn messages() -> impl Strategy<Value = Vec<Vec<Vec<u8>>>> {
    prop::collection::vec(prop::collection::vec(bytes(), 1..4), 1..5)
}

fn effort() -> impl Strategy<Value = Effort> {
    let strategies = vec![
        permessage_deflate::Strategy::Default,
        permessage_deflate::Strategy::Filtered,
        permessage_deflate::Strategy::HuffmanOnly,
        permessage_deflate::Strategy::Rle,
        permessage_deflate::Strategy::Fixed,
    ];
    (0..=9_u8, 1..=9_u8, prop::sample::select(strategies)).prop_map(
        |(level, mem_level, strategy)| Effort {
            level,
            mem_level,
            strategy,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_setting_round_trips(
        messages in messages(),
        window_bits in 8..=15_u8,
        context_takeover: bool,
        release: bool,
        effort in effort(),
    ) {
        let direction = Direction { window_bits, context_takeover };
        check(&config(direction, effort), &messages, release);
    }

    #[test]
    fn no_input_makes_the_decompressor_panic(
        frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..6),
        limit in 0..5000_usize,
    ) {
        let mut decompressor = Decompressor::new(&DeflateConfig::default());
        let mut message = Vec::new();
        for frame in &frames {
            if decompressor.decompress(frame, false, limit, &mut message).is_err() {
                break;
            }
            prop_assert!(message.len() <= limit);
        }
    }
}

#[test]
fn every_window_with_and_without_takeover() {
    let text = "the quick brown fox jumps over the lazy dog, again and again; ".repeat(1500);
    let message = vec![text.into_bytes()];
    for window_bits in 8..=15 {
        for context_takeover in [true, false] {
            let direction = Direction {
                window_bits,
                context_takeover,
            };
            let messages = [message.clone(), message.clone(), message.clone()];
            check(&config(direction, Effort::default()), &messages, false);
        }
    }
}

#[test]
fn context_takeover_makes_the_second_message_smaller() {
    let mut compressor = Compressor::new(&DeflateConfig::default());
    let fragments = [b"{\"type\":\"tick\",\"price\":1.5}".to_vec()];
    let first = compress(&mut compressor, &fragments).concat().len();
    let second = compress(&mut compressor, &fragments).concat().len();
    assert!(second < first / 2, "{second} of {first}");
    compressor.release();
    assert_eq!(compress(&mut compressor, &fragments).concat().len(), first);
}

#[test]
fn release_waits_for_the_end_of_a_message() {
    let config = DeflateConfig::default();
    let mut compressor = Compressor::new(&config);
    let mut decompressor = Decompressor::new(&config);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    compressor.compress(b"fragment", false, &mut first);
    compressor.release();
    compressor.compress(b"fragment", true, &mut second);
    assert!(second.len() < first.len() - TAIL.len());
    assert_eq!(
        decompress(&mut decompressor, &[first, second]),
        b"fragmentfragment"
    );
}

#[test]
fn empty_fragments_anywhere() {
    for fragments in [
        [&b""[..], b"", b""],
        [b"a", b"", b""],
        [b"", b"a", b""],
        [b"", b"", b"a"],
        [b"a", b"", b"a"],
    ] {
        let message: Vec<_> = fragments.iter().map(|fragment| fragment.to_vec()).collect();
        check(
            &DeflateConfig::default(),
            &[message.clone(), message],
            false,
        );
    }
}

#[test]
fn level_sets_the_size() {
    let item = |i: u32| format!("{{\"id\":{},\"name\":\"user {}\"}},", i * 7919, i % 7);
    let text: String = (0..300).map(item).collect();
    let size = |level| {
        let effort = Effort {
            level,
            ..Effort::default()
        };
        let mut compressor = Compressor::new(&config(Direction::default(), effort));
        compress(&mut compressor, &[text.clone().into_bytes()])[0].len()
    };
    assert!(size(0) > text.len());
    assert!(size(1) < text.len() / 2);
    assert!(size(9) <= size(6) && size(6) <= size(1));
}

#[test]
fn preset_dictionary_is_used_by_both_sides() {
    let dictionary: Arc<[u8]> = Arc::from(&b"{\"type\":\"subscribe\",\"channel\":\""[..]);
    for context_takeover in [true, false] {
        let direction = Direction {
            context_takeover,
            ..Direction::default()
        };
        let config = DeflateConfig {
            send_dictionary: Some(dictionary.clone()),
            receive_dictionary: Some(dictionary.clone()),
            ..config(direction, Effort::default())
        };
        let mut compressor = Compressor::new(&config);
        let mut decompressor = Decompressor::new(&config);
        for round in 0..4 {
            let message = vec![dictionary.to_vec()];
            let frames = compress(&mut compressor, &message);
            assert_eq!(decompress(&mut decompressor, &frames), message.concat());
            assert!(round == 2 || frames[0].len() < 10, "{}", frames[0].len());
            if round == 1 && context_takeover {
                compressor.release();
            }
        }
    }
}
