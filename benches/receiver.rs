//! Parsing what a lane has read: chunks of 64 KiB full of frames.

use divan::{Bencher, counter::ItemsCount};
use oxws::proto::{Chunk, Config, Limits, MaskingKey, Opcode, Receiver, Role, SendOptions, Sender};

const CHUNK_BYTES: usize = 64 * 1024;

fn main() {
    divan::main();
}

fn config(role: Role) -> Config {
    Config {
        role,
        limits: Limits {
            max_payload: 100 << 20,
            max_fragments: 16 * 1024,
            max_buffered_chunks: 256 * 1024,
        },
        skip_utf8_validation: false,
        deflate: None,
    }
}

/// As many frames as fit into a chunk.
fn frames(opcode: Opcode, masked: bool, length: usize) -> (Vec<u8>, usize) {
    let options = SendOptions {
        opcode,
        fin: true,
        compress: false,
        mask: masked.then(|| MaskingKey::from([0x37, 0xfa, 0x21, 0x3d])),
    };
    let mut sender = Sender::new(&config(Role::Client));
    let mut frame = Vec::new();
    sender.send(options, &vec![b'a'; length], &mut frame);
    let count = (CHUNK_BYTES / frame.len()).max(1);
    (frame.repeat(count), count)
}

fn parse(bencher: Bencher<'_, '_>, opcode: Opcode, masked: bool, length: usize) {
    let role = if masked { Role::Server } else { Role::Client };
    let (bytes, count) = frames(opcode, masked, length);
    let mut receiver = Receiver::new(&config(role));
    bencher
        .counter(ItemsCount::new(count))
        .with_inputs(|| bytes.clone())
        .bench_local_refs(|bytes| {
            let mut chunk = Chunk::new(bytes);
            let mut events = 0;
            while let Ok(Some(event)) = receiver.next_event(&mut chunk) {
                divan::black_box(event);
                events += 1;
            }
            assert_eq!(events, count);
        });
}

/// Empty messages: the header is all there is.
#[divan::bench(args = [false, true])]
fn header(bencher: Bencher<'_, '_>, masked: bool) {
    parse(bencher, Opcode::Binary, masked, 0);
}

#[divan::bench(args = [32, 1024, 16 * 1024])]
fn masked_binary(bencher: Bencher<'_, '_>, length: usize) {
    parse(bencher, Opcode::Binary, true, length);
}

#[divan::bench(args = [32, 1024, 16 * 1024])]
fn masked_text(bencher: Bencher<'_, '_>, length: usize) {
    parse(bencher, Opcode::Text, true, length);
}

#[divan::bench(args = [32, 1024, 16 * 1024])]
fn unmasked_text(bencher: Bencher<'_, '_>, length: usize) {
    parse(bencher, Opcode::Text, false, length);
}

/// A message that comes in many reads.
#[divan::bench(args = [1024, 16 * 1024])]
fn in_reads_of(bencher: Bencher<'_, '_>, read: usize) {
    let (bytes, _) = frames(Opcode::Binary, true, 60 * 1024);
    let mut receiver = Receiver::new(&config(Role::Server));
    bencher
        .counter(ItemsCount::new(1_usize))
        .with_inputs(|| bytes.clone())
        .bench_local_refs(|bytes| {
            let mut told = 0;
            for read in bytes.chunks_mut(read) {
                let mut chunk = Chunk::new(read);
                while let Ok(Some(event)) = receiver.next_event(&mut chunk) {
                    divan::black_box((event, receiver.buffered().len()));
                    told += 1;
                }
            }
            assert_eq!(told, 1);
        });
}
