//! The examples of RFC 7692 section 7.2.3, in both directions.

use oxws::proto::extension::deflate::Compressor;
use oxws::proto::extension::inflate::Decompressor;
use oxws::proto::extension::permessage_deflate::{DeflateConfig, Direction, Effort};

const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
const HELLO_AGAIN: [u8; 5] = [0xf2, 0x00, 0x11, 0x00, 0x00];

fn no_context_takeover() -> DeflateConfig {
    let direction = Direction {
        context_takeover: false,
        ..Direction::default()
    };
    DeflateConfig {
        send: direction,
        receive: direction,
        ..DeflateConfig::default()
    }
}

fn decompress(decompressor: &mut Decompressor, frames: &[&[u8]]) -> Vec<u8> {
    let mut message = Vec::new();
    for (index, frame) in frames.iter().enumerate() {
        let fin = index + 1 == frames.len();
        decompressor
            .decompress(frame, fin, usize::MAX, &mut message)
            .expect("valid payload");
    }
    message
}

fn decompress_one(payload: &[u8]) -> Vec<u8> {
    decompress(
        &mut Decompressor::new(&DeflateConfig::default()),
        &[payload],
    )
}

fn compress(compressor: &mut Compressor, data: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    compressor.compress(data, true, &mut payload);
    payload
}

#[test]
fn one_deflate_block() {
    assert_eq!(decompress_one(&HELLO), b"Hello");
    let mut compressor = Compressor::new(&DeflateConfig::default());
    assert_eq!(compress(&mut compressor, b"Hello"), HELLO);
}

#[test]
fn one_deflate_block_in_two_frames() {
    let mut decompressor = Decompressor::new(&DeflateConfig::default());
    let (first, second) = HELLO.split_at(3);
    assert_eq!(decompress(&mut decompressor, &[first, second]), b"Hello");
}

#[test]
fn sharing_the_window() {
    let mut decompressor = Decompressor::new(&DeflateConfig::default());
    assert_eq!(decompress(&mut decompressor, &[&HELLO]), b"Hello");
    assert_eq!(decompress(&mut decompressor, &[&HELLO_AGAIN]), b"Hello");

    let mut compressor = Compressor::new(&DeflateConfig::default());
    assert_eq!(compress(&mut compressor, b"Hello"), HELLO);
    let again = compress(&mut compressor, b"Hello");
    assert!(again.len() < HELLO_AGAIN.len());
    assert_eq!(decompress(&mut decompressor, &[&again]), b"Hello");
}

#[test]
fn not_sharing_the_window() {
    let mut compressor = Compressor::new(&no_context_takeover());
    assert_eq!(compress(&mut compressor, b"Hello"), HELLO);
    assert_eq!(compress(&mut compressor, b"Hello"), HELLO);

    let mut decompressor = Decompressor::new(&no_context_takeover());
    assert_eq!(decompress(&mut decompressor, &[&HELLO]), b"Hello");
    let error = decompressor.decompress(&HELLO_AGAIN, true, usize::MAX, &mut Vec::new());
    assert!(error.is_err());
}

#[test]
fn block_without_compression() {
    let stored = [
        0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00,
    ];
    assert_eq!(decompress_one(&stored), b"Hello");

    let mut compressor = Compressor::new(&DeflateConfig {
        effort: Effort {
            level: 0,
            ..Effort::default()
        },
        ..DeflateConfig::default()
    });
    assert_eq!(compress(&mut compressor, b"Hello"), stored);
}

#[test]
fn block_with_bfinal_set() {
    let payload = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
    assert_eq!(decompress_one(&payload), b"Hello");
}

#[test]
fn two_blocks_in_one_message() {
    let payload = [
        0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00,
    ];
    assert_eq!(decompress_one(&payload), b"Hello");
}

#[test]
fn empty_message() {
    assert_eq!(decompress_one(&[0x00]), b"");
    let mut compressor = Compressor::new(&DeflateConfig::default());
    assert_eq!(compress(&mut compressor, b""), [0x00]);
}
