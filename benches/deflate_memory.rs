//! Memory that compression takes: `cargo bench --no-default-features --bench deflate_memory`.
//!
//! Each row is a process of its own, with a thousand connections that have sent and received 64
//! messages of 1 KiB. Needs Linux: resident memory is read from /proc.

mod json;

use std::{
    env, fs,
    process::{Command, Stdio},
};

use oxws::proto::extension::{
    deflate::Compressor,
    inflate::Decompressor,
    permessage_deflate::{DeflateConfig, Direction, Effort},
};

const CONNECTIONS: usize = 1000;
const MESSAGES: usize = 64;
const MESSAGE_LEN: usize = 1024;

/// Window bits, memory level, context takeover.
const ROWS: [(u8, u8, bool); 8] = [
    (15, 8, true),
    (15, 5, true),
    (14, 8, true),
    (13, 8, true),
    (12, 8, true),
    (12, 5, true),
    (10, 8, true),
    (15, 8, false),
];

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    if let [row, state] = arguments.as_slice()
        && let Some(&row) = row.parse().ok().and_then(|index: usize| ROWS.get(index))
    {
        println!("{:.1}", measure(row, state == "idle"));
        return;
    }
    println!("  window bits  memLevel  takeover  KiB active  KiB idle");
    for (index, (window_bits, mem_level, context_takeover)) in ROWS.into_iter().enumerate() {
        println!(
            "{window_bits:13}  {mem_level:8}  {context_takeover:8}  {:>10}  {:>8}",
            run(index, "active"),
            run(index, "idle")
        );
    }
}

/// What a process of its own says about a row.
fn run(row: usize, state: &str) -> String {
    let program = env::current_exe().expect("the program knows its path");
    let output = Command::new(program)
        .args([&row.to_string(), state])
        .stderr(Stdio::inherit())
        .output()
        .expect("the program can be run");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Kilobytes for each connection.
fn measure((window_bits, mem_level, context_takeover): (u8, u8, bool), is_idle: bool) -> f64 {
    let direction = Direction {
        window_bits,
        context_takeover,
    };
    let config = DeflateConfig {
        send: direction,
        receive: direction,
        effort: Effort {
            mem_level,
            ..Effort::default()
        },
        ..DeflateConfig::default()
    };
    let messages = json::messages(MESSAGE_LEN);
    // What belongs to the thread and not to a connection is there before the count begins.
    let mut connections = Vec::with_capacity(CONNECTIONS);
    let first = connect(&config, &messages, is_idle);
    let before = resident();
    connections.resize_with(CONNECTIONS, || connect(&config, &messages, is_idle));
    let after = resident();
    drop((first, connections));
    (after - before) / CONNECTIONS as f64
}

/// A connection that has exchanged its messages.
fn connect(
    config: &DeflateConfig,
    messages: &[String],
    is_idle: bool,
) -> (Compressor, Decompressor) {
    let mut compressor = Compressor::new(config);
    let mut decompressor = Decompressor::new(config);
    let (mut payload, mut message) = (Vec::new(), Vec::new());
    for data in messages.iter().take(MESSAGES) {
        payload.clear();
        message.clear();
        compressor.compress(data.as_bytes(), true, &mut payload);
        let result = decompressor.decompress(&payload, true, data.len(), &mut message);
        result.expect("what was compressed can be decompressed");
    }
    if is_idle {
        compressor.release();
        decompressor.hibernate();
    }
    (compressor, decompressor)
}

/// Kilobytes of resident memory of this process.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("this is Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number
        .and_then(|number| number.parse().ok())
        .expect("the kernel tells")
}
