//! The encoder over long streams: the window slides, the tables' 16-bit places wrap around, and
//! blocks of every kind are written.

use oxws::proto::extension::deflate::Compressor;
use oxws::proto::extension::inflate::Decompressor;
use oxws::proto::extension::permessage_deflate::{DeflateConfig, Direction, Effort};

/// The same numbers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % below
    }

    fn bytes(&mut self, len: usize, alphabet: usize) -> Vec<u8> {
        (0..len).map(|_| self.next(alphabet) as u8).collect()
    }
}

fn config(window_bits: u8, context_takeover: bool, level: u8) -> DeflateConfig {
    let direction = Direction {
        window_bits,
        context_takeover,
    };
    DeflateConfig {
        send: direction,
        receive: direction,
        effort: Effort {
            level,
            ..Effort::default()
        },
        ..DeflateConfig::default()
    }
}

fn compress(compressor: &mut Compressor, data: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    compressor.compress(data, true, &mut payload);
    payload
}

fn check(compressor: &mut Compressor, decompressor: &mut Decompressor, data: &[u8]) -> usize {
    let payload = compress(compressor, data);
    let mut message = Vec::new();
    decompressor
        .decompress(&payload, true, data.len(), &mut message)
        .expect("valid deflate data");
    assert!(message == data, "a message of {} bytes", data.len());
    payload.len()
}

fn item(random: &mut Random) -> String {
    let (id, user, price) = (random.next(1 << 30), random.next(19), random.next(100_000));
    let active = random.next(2) == 0;
    format!("{{\"id\":{id},\"user\":\"u{user}\",\"price\":{price},\"active\":{active}}},")
}

fn json(random: &mut Random, len: usize) -> Vec<u8> {
    let mut text = String::new();
    while text.len() < len {
        text += &item(random);
    }
    text.truncate(len);
    text.into_bytes()
}

/// Text, noise of all degrees, and repetitions of what was sent before.
fn message(random: &mut Random, sent: &[u8]) -> Vec<u8> {
    let len = match random.next(10) {
        0 => random.next(40_000),
        1..4 => random.next(20),
        _ => random.next(2000),
    };
    match random.next(6) {
        0 => vec![b'a'; len],
        1 => random.bytes(len, 256),
        2 => random.bytes(len, 3),
        3 if sent.len() > len => {
            let start = random.next(sent.len() - len);
            sent[start..start + len].to_vec()
        }
        _ => json(random, len),
    }
}

#[test]
fn long_streams_round_trip() {
    for window_bits in 8..=15 {
        for (context_takeover, level) in [(true, 6), (true, 1), (true, 9), (false, 6)] {
            let config = config(window_bits, context_takeover, level);
            let mut compressor = Compressor::new(&config);
            let mut decompressor = Decompressor::new(&config);
            let mut random = Random(u64::from(window_bits) << 8 | u64::from(level));
            let mut sent = Vec::new();
            for _ in 0..150 {
                let data = message(&mut random, &sent);
                check(&mut compressor, &mut decompressor, &data);
                sent.extend(data);
            }
        }
    }
}

/// Four bytes from far away cost so much that two from nearby would seem better, but there is no
/// code for them. It takes a collision in the hash table to come across two.
#[test]
fn too_short_repetitions_are_not_used() {
    let mut random = Random(6);
    for (mem_level, count) in [(1, 2_000), (8, 20_000)] {
        let mut config = config(15, false, 6);
        config.effort.mem_level = mem_level;
        let mut compressor = Compressor::new(&config);
        let mut decompressor = Decompressor::new(&config);
        for _ in 0..count {
            let (same, other) = (random.next(256) as u8, random.next(256) as u8);
            let mut data = vec![same, same, same, other];
            data.extend(vec![0; 2100]);
            data.extend([same, same, same, other]);
            data.extend(random.bytes(10, 256));
            check(&mut compressor, &mut decompressor, &data);
        }
    }
}

#[test]
fn one_message_of_many_blocks() {
    let mut random = Random(1);
    for data in [
        json(&mut random, 3_000_000),
        random.bytes(300_000, 256),
        vec![0; 5_000_000],
    ] {
        let config = config(15, true, 6);
        let mut decompressor = Decompressor::new(&config);
        check(&mut Compressor::new(&config), &mut decompressor, &data);
    }
}

#[test]
fn noise_hardly_grows() {
    let mut random = Random(2);
    for len in [1, 10, 100, 1000, 100_000] {
        let data = random.bytes(len, 256);
        let payload = compress(&mut Compressor::new(&config(15, true, 6)), &data);
        assert!(payload.len() <= len + len / 1000 + 10, "{len}");
    }
}

/// Frequencies like Fibonacci's numbers make the deepest tree: deeper than a code may be long.
#[test]
fn codes_are_limited_in_length() {
    let mut data = Vec::new();
    let (mut count, mut next) = (1, 1);
    for byte in 0..20 {
        data.extend(vec![byte; count]);
        (count, next) = (next, count + next);
    }
    let mut random = Random(3);
    for last in (1..data.len()).rev() {
        data.swap(last, random.next(last + 1));
    }
    for level in 1..=9 {
        let config = config(15, true, level);
        let mut decompressor = Decompressor::new(&config);
        check(&mut Compressor::new(&config), &mut decompressor, &data);
    }
}

#[test]
fn a_repeated_message_takes_a_few_bytes() {
    let data = json(&mut Random(4), 16_384);
    let config = config(15, true, 6);
    let mut compressor = Compressor::new(&config);
    let mut decompressor = Decompressor::new(&config);
    check(&mut compressor, &mut decompressor, &data);
    for _ in 0..5 {
        assert!(check(&mut compressor, &mut decompressor, &data) < 180);
    }
}

#[test]
fn output_is_about_as_long_as_zlibs() {
    for (len, count) in [(1024, 200), (16_384, 20)] {
        for level in [1, 3, 6, 9] {
            let mut random = Random(5);
            let mut compressor = Compressor::new(&config(15, true, level));
            let mut zlib = flate2::Compress::new(flate2::Compression::new(level.into()), false);
            let (mut ours, mut theirs) = (0, 0);
            for _ in 0..count {
                let data = json(&mut random, len);
                ours += compress(&mut compressor, &data).len();
                let mut payload = Vec::with_capacity(len + 100);
                zlib.compress_vec(&data, &mut payload, flate2::FlushCompress::Sync)
                    .unwrap();
                theirs += payload.len() - 4;
            }
            assert!(ours * 100 <= theirs * 105, "{ours} to {theirs} at {level}");
        }
    }
}
