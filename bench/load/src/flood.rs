//! Flood: the process under test only receives. At the end it says how much.

use crate::config::Flood;
use crate::connection::Connection;
use crate::cycle::Cycle;
use crate::establish::{attach, establish};
use crate::frame::{self, Header};
use crate::meter::Meter;
use crate::poll::Poller;
use crate::{Result, report};
use serde::Deserialize;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

/// Bytes made due at a time.
const BLOCK: usize = 64 * 1024;
/// Blocks in a row on one connection, before the next one has its turn.
const BLOCKS_A_TURN: usize = 8;

/// The question at the end, a text message; floods are binary.
const QUESTION: &[u8] = b"count";

/// The answer to it: what arrived on this connection before the question.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Answer {
    messages: u64,
    bytes: u64,
}

/// Runs the load and prints the result.
pub fn run(config: &Flood) -> Result<()> {
    let target = &config.target;
    let is_client = target.port.is_some();
    let cycle = Cycle::new(config.payload, None, is_client)?;
    let established = establish(target)?;
    let (mut connections, mut poller) = attach(established.streams, target, &cycle, false, |_| 0)?;
    let mut meter = Meter::new(config.timing, established.pid)?;
    let mut sent = vec![0; connections.len()];
    let mut ready = Vec::new();
    while !meter.is_over(Instant::now())? {
        let mut all_full = true;
        for (connection, sent) in connections.iter_mut().zip(&mut sent) {
            let messages = fill(connection, &cycle, &poller)?;
            *sent += messages;
            meter.count(
                messages as usize,
                (messages as f64 * cycle.mean_frame()) as u64,
            );
            all_full &= connection.is_sending();
        }
        let wait = if all_full { 10 } else { 0 };
        poller.wait(Duration::from_millis(wait), &mut ready)?;
    }
    let measured = meter.finish()?;
    for (connection, &messages) in connections.iter_mut().zip(&sent) {
        let bytes = messages * config.payload.size as u64;
        check(
            connection,
            &cycle,
            &poller,
            &Answer { messages, bytes },
            is_client,
        )?;
    }
    report::result(&established.extensions, measured);
    Ok(())
}

/// Writes until the socket is full or the turn is over; returns how many messages became due.
fn fill(connection: &mut Connection, cycle: &Cycle, poller: &Poller) -> Result<u64> {
    let block = (BLOCK as f64 / cycle.mean_frame()).ceil() as u64;
    let mut messages = 0;
    connection.flush(cycle, poller)?;
    for _ in 0..BLOCKS_A_TURN {
        if connection.is_sending() {
            break;
        }
        (0..block).for_each(|_| connection.schedule(cycle));
        messages += block;
        connection.flush(cycle, poller)?;
    }
    Ok(messages)
}

/// Sends what is still due, asks, and compares the answer.
fn check(
    connection: &mut Connection,
    cycle: &Cycle,
    poller: &Poller,
    expected: &Answer,
    is_client: bool,
) -> Result<()> {
    connection.stream.socket().set_nonblocking(false)?;
    connection.flush(cycle, poller)?;
    let mut question = Vec::new();
    frame::append(
        &mut question,
        frame::TEXT,
        false,
        is_client.then_some([1; 4]),
        QUESTION,
    );
    connection.stream.write_all(&question)?;
    let mut bytes = Vec::new();
    let mut buffer = [0; 256];
    loop {
        let size = match connection.stream.read(&mut buffer)? {
            0 => Err("the process under test ended a connection")?,
            size => size,
        };
        bytes.extend_from_slice(&buffer[..size]);
        let Some((header, start)) = Header::decode(&bytes) else {
            continue;
        };
        let Some(payload) = bytes.get_mut(start..start + header.length as usize) else {
            continue;
        };
        frame::apply_mask(payload, header.mask.unwrap_or_default(), 0);
        let answer: Answer = serde_json::from_slice(payload)?;
        if answer != *expected {
            Err(format!("{expected:?} were sent, and {answer:?} received"))?;
        }
        return Ok(());
    }
}
