//! Masking (RFC 6455 section 5.3).

use divan::{Bencher, counter::BytesCount};
use oxws::proto::{MaskingKey, apply_mask};

fn main() {
    divan::main();
}

#[divan::bench(args = [4, 16, 125, 1024, 16 * 1024, 1024 * 1024])]
fn apply(bencher: Bencher<'_, '_>, length: usize) {
    let mut payload = vec![b'a'; length];
    let key = MaskingKey::from([0x37, 0xfa, 0x21, 0x3d]);
    bencher
        .counter(BytesCount::new(length))
        .bench_local(|| apply_mask(divan::black_box(&mut payload), key, 0));
}

#[divan::bench]
fn at_an_odd_offset(bencher: Bencher<'_, '_>) {
    let mut payload = vec![b'a'; 1024];
    let key = MaskingKey::from([0x37, 0xfa, 0x21, 0x3d]);
    bencher
        .counter(BytesCount::new(payload.len()))
        .bench_local(|| apply_mask(divan::black_box(&mut payload), key, 3));
}
