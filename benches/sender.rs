//! Framing what is sent.

use divan::{Bencher, counter::BytesCount};
use oxws::proto::{Config, Limits, MaskingKey, Opcode, Role, SendOptions, Sender};

fn main() {
    divan::main();
}

fn send(bencher: Bencher<'_, '_>, role: Role, length: usize) {
    let config = Config {
        role,
        limits: Limits::default(),
        skip_utf8_validation: false,
        deflate: None,
    };
    let options = SendOptions {
        opcode: Opcode::Binary,
        fin: true,
        compress: false,
        mask: (role == Role::Client).then(|| MaskingKey::from([0x37, 0xfa, 0x21, 0x3d])),
    };
    let payload = vec![b'a'; length];
    let mut sender = Sender::new(&config);
    let mut out = Vec::with_capacity(length + 14);
    bencher.counter(BytesCount::new(length)).bench_local(|| {
        out.clear();
        sender.send(options, divan::black_box(&payload), &mut out);
        divan::black_box(&out);
    });
}

#[divan::bench(args = [32, 1024, 16 * 1024])]
fn unmasked(bencher: Bencher<'_, '_>, length: usize) {
    send(bencher, Role::Server, length);
}

#[divan::bench(args = [32, 1024, 16 * 1024])]
fn masked(bencher: Bencher<'_, '_>, length: usize) {
    send(bencher, Role::Client, length);
}
