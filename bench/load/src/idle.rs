//! Idle: what a connection costs that does nothing.

use crate::checker::Checker;
use crate::config::{Idle, Payload};
use crate::cycle::Cycle;
use crate::deflate::Inflater;
use crate::establish::{Established, establish};
use crate::process::Sample;
use crate::{Result, report};
use std::io::{Read, Write};
use std::thread::sleep;
use std::time::Duration;

/// Opens the connections, waits, reads the memory of the process under test and prints it.
pub fn run(config: &Idle) -> Result<()> {
    let target = &config.target;
    let settle = Duration::from_millis(config.settle);
    sleep(settle);
    let before = Sample::take(target.pid)?.resident;
    let mut established = establish(target)?;
    if let Some(payload) = config.touch {
        touch(&mut established, payload, config)?;
    }
    sleep(settle);
    let resident = Sample::take(target.pid)?.resident;
    let rested = report::Rested {
        connections: target.connections,
        resident_before: before,
        resident,
        bytes_per_connection: (resident as f64 - before as f64) / target.connections as f64,
    };
    report::result(&established.extensions, rested);
    Ok(())
}

/// Sends one message on each connection and waits for its echo.
fn touch(established: &mut Established, payload: Payload, config: &Idle) -> Result<()> {
    let deflate = config.target.deflate;
    let cycle = Cycle::new(payload, deflate, true)?;
    let mut buffer = vec![0; 64 * 1024];
    for (stream, _) in &mut established.streams {
        let inflater = deflate.map(|deflate| Inflater::new(deflate.takeover));
        let mut checker = Checker::new(0, inflater, false);
        stream.write_all(&cycle.wire[..cycle.start(1)])?;
        let mut completed = 0;
        while completed == 0 {
            let size = match stream.read(&mut buffer)? {
                0 => Err("the process under test ended a connection")?,
                size => size,
            };
            completed = checker.receive(&mut buffer[..size], &cycle)?;
        }
    }
    Ok(())
}
