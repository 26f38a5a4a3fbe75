//! Opens all connections of a run before the load starts.

use crate::checker::Checker;
use crate::config::Target;
use crate::connection::Connection;
use crate::cycle::Cycle;
use crate::deflate::Inflater;
use crate::poll::Poller;
use crate::report;
use crate::stream::{Stream, connect, tls_config};
use crate::{Result, handshake};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

/// Handshakes under way at a time; less than any server's backlog.
const AT_A_TIME: usize = 100;
/// Nothing that a handshake waits for takes this long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Streams after their handshake, with what was read behind it.
pub struct Established {
    /// In order of their numbers.
    pub streams: Vec<(Stream, Vec<u8>)>,
    /// The process under test.
    pub pid: Option<u32>,
    /// What the server answered to the offer of extensions.
    pub extensions: String,
}

/// Opens the connections of `target`. The streams are still blocking.
pub fn establish(target: &Target) -> Result<Established> {
    match target.port {
        Some(port) => connect_all(target, port),
        None => accept_all(target),
    }
}

fn connect_all(target: &Target, port: u16) -> Result<Established> {
    let tls = target.tls.as_deref().map(tls_config).transpose()?;
    let mut streams = Vec::with_capacity(target.connections);
    let mut extensions = String::new();
    while streams.len() < target.connections {
        let first = streams.len();
        let last = target.connections.min(first + AT_A_TIME);
        let mut opening = Vec::with_capacity(last - first);
        for index in first..last {
            let socket = connect(index, port)?;
            socket.set_read_timeout(Some(PATIENCE))?;
            let mut stream = match &tls {
                Some(config) => Stream::secure(socket, config.clone())?,
                None => Stream::Plain(socket),
            };
            stream.write_all(handshake::request(index, port, target.deflate).as_bytes())?;
            opening.push(stream);
        }
        for (index, mut stream) in (first..).zip(opening) {
            let (head, rest) = read_head(&mut stream)?;
            extensions = handshake::check_response(&head, index, target.deflate)?;
            streams.push((stream, rest));
        }
    }
    Ok(Established {
        streams,
        pid: target.pid,
        extensions,
    })
}

fn accept_all(target: &Target) -> Result<Established> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    report::listening(listener.local_addr()?.port());
    let mut streams = Vec::with_capacity(target.connections);
    let mut pid = None;
    while streams.len() < target.connections {
        let (socket, _) = listener.accept()?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut stream = Stream::Plain(socket);
        let (head, rest) = read_head(&mut stream)?;
        let (response, found) = handshake::respond(&head)?;
        stream.write_all(response.as_bytes())?;
        pid = pid.or(found);
        streams.push((stream, rest));
    }
    Ok(Established {
        streams,
        pid,
        extensions: String::new(),
    })
}

/// Reads a request or response, and what follows it.
pub fn read_head(stream: &mut Stream) -> Result<(Vec<u8>, Vec<u8>)> {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let size = match stream.read(&mut buffer)? {
            0 => Err("a connection ended during the handshake")?,
            size => size,
        };
        head.extend_from_slice(&buffer[..size]);
        if let Some(end) = handshake::head_end(&head) {
            let rest = head.split_off(end);
            return Ok((head, rest));
        }
    }
}

/// Makes connections of streams and gives all of them to a poller. Connection `n` sends and
/// expects the cycle from message `first(n)` on.
pub fn attach(
    streams: Vec<(Stream, Vec<u8>)>,
    target: &Target,
    cycle: &Cycle,
    raw: bool,
    first: impl Fn(usize) -> usize,
) -> Result<(Vec<Connection>, Poller)> {
    let poller = Poller::new()?;
    let mut connections = Vec::with_capacity(streams.len());
    for (token, (stream, early)) in streams.into_iter().enumerate() {
        stream.socket().set_nonblocking(true)?;
        poller.add(&stream, token)?;
        let first = first(token);
        let inflater = target
            .deflate
            .map(|deflate| Inflater::new(deflate.takeover));
        let checker = Checker::new(first, inflater, raw);
        connections.push(Connection::new(stream, token, cycle, first, checker, early));
    }
    Ok((connections, poller))
}
