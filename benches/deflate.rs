//! Time and size of compressed messages: `cargo bench --no-default-features --bench deflate`.
//!
//! 64 connections take turns, so that no connection finds its memory in the CPU's caches, as on a
//! server. zlib at the same level stands beside.

mod json;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use flate2::{Compress, Compression, FlushCompress};
use json::messages;
use oxws::proto::extension::{
    deflate::Compressor,
    inflate::Decompressor,
    permessage_deflate::{DeflateConfig, Direction},
};

const CONNECTIONS: usize = 64;
const ROUNDS: usize = 40;
/// Rounds before the measured ones, in which the windows fill.
const WARM_UP: usize = 40;

fn main() {
    println!("  bytes  takeover   size    compress  decompress  zlib size  zlib compress");
    for len in [200, 1024, 16 * 1024] {
        let messages = messages(len);
        for context_takeover in [true, false] {
            let direction = Direction {
                context_takeover,
                ..Direction::default()
            };
            let config = DeflateConfig {
                send: direction,
                receive: direction,
                ..DeflateConfig::default()
            };
            let ours = measure(&config, &messages);
            let zlib = measure_zlib(context_takeover, &messages);
            println!(
                "{len:7}  {context_takeover:8}  {:5}  {:7} ns  {:7} ns  {:9}     {:7} ns",
                ours.mean_size(),
                median(ours.compress).as_nanos(),
                median(ours.decompress).as_nanos(),
                zlib.mean_size(),
                median(zlib.compress).as_nanos(),
            );
        }
    }
}

/// What was measured of each message.
#[derive(Default)]
struct Figures {
    sizes: Vec<usize>,
    compress: Vec<Duration>,
    decompress: Vec<Duration>,
}

impl Figures {
    fn mean_size(&self) -> usize {
        self.sizes.iter().sum::<usize>() / self.sizes.len()
    }
}

/// Other than the mean, it does not mind that other processes interrupt this one.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn measure(config: &DeflateConfig, messages: &[String]) -> Figures {
    let mut connections: Vec<_> = (0..CONNECTIONS)
        .map(|_| (Compressor::new(config), Decompressor::new(config)))
        .collect();
    let mut figures = Figures::default();
    let (mut payload, mut message) = (Vec::new(), Vec::new());
    for round in 0..WARM_UP + ROUNDS {
        for (index, (compressor, decompressor)) in connections.iter_mut().enumerate() {
            let data = &messages[(round + index * 7) % messages.len()];
            payload.clear();
            message.clear();
            let start = Instant::now();
            compressor.compress(data.as_bytes(), true, &mut payload);
            let compressed = Instant::now();
            let result = decompressor.decompress(&payload, true, data.len(), &mut message);
            let end = Instant::now();
            result.expect("what was compressed can be decompressed");
            black_box(&message);
            if round >= WARM_UP {
                figures.sizes.push(payload.len());
                figures.compress.push(compressed - start);
                figures.decompress.push(end - compressed);
            }
        }
    }
    figures
}

fn measure_zlib(context_takeover: bool, messages: &[String]) -> Figures {
    let contexts = if context_takeover { CONNECTIONS } else { 1 };
    let mut contexts: Vec<_> = (0..contexts)
        .map(|_| Compress::new(Compression::default(), false))
        .collect();
    let mut figures = Figures::default();
    for round in 0..WARM_UP + ROUNDS {
        for index in 0..CONNECTIONS {
            let context = &mut contexts[index % if context_takeover { CONNECTIONS } else { 1 }];
            let data = messages[(round + index * 7) % messages.len()].as_bytes();
            let mut payload = Vec::with_capacity(data.len() + 64);
            let start = Instant::now();
            if !context_takeover {
                context.reset();
            }
            let result = context.compress_vec(data, &mut payload, FlushCompress::Sync);
            let end = Instant::now();
            result.expect("there is room for the output");
            if round >= WARM_UP {
                figures.sizes.push(payload.len() - 4);
                figures.compress.push(end - start);
            }
        }
    }
    figures
}
