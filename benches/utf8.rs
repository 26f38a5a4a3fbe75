//! Checking text: whole, and in pieces.

use divan::{Bencher, counter::BytesCount};
use oxws::proto::Utf8Validator;

const TEXTS: [&str; 2] = ["plain ASCII text ", "текст κείμενο 文本 🙂 "];

fn main() {
    divan::main();
}

#[divan::bench(args = TEXTS)]
fn whole(bencher: Bencher<'_, '_>, text: &str) {
    in_pieces(bencher, text, usize::MAX);
}

#[divan::bench(args = TEXTS)]
fn pieces_of_1000_bytes(bencher: Bencher<'_, '_>, text: &str) {
    in_pieces(bencher, text, 1000);
}

fn in_pieces(bencher: Bencher<'_, '_>, text: &str, length: usize) {
    let text = text.repeat(16 * 1024 / text.len());
    bencher
        .counter(BytesCount::new(text.len()))
        .bench_local(|| {
            let mut validator = Utf8Validator::default();
            for piece in text.as_bytes().chunks(length) {
                let valid = validator.push(divan::black_box(piece));
                assert!(valid.is_ok());
            }
            assert!(validator.is_complete());
        });
}
