//! The opening handshake (RFC 6455, section 4), as far as a benchmark needs it.

use crate::Result;
use crate::config::Deflate;
use data_encoding::BASE64;
use sha1::{Digest, Sha1};

const END: &[u8] = b"\r\n\r\n";

/// Key of connection `index`: 16 bytes in base64 (section 4.1).
fn key(index: usize) -> String {
    BASE64.encode(&(index as u128).to_be_bytes())
}

/// What the server answers to a key (section 4.2.2).
fn accept_key(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    BASE64.encode(&hash.finalize())
}

/// The request that opens connection `index`.
pub fn request(index: usize, port: u16, deflate: Option<Deflate>) -> String {
    let extension = match deflate {
        None => "",
        Some(Deflate { takeover: true }) => "Sec-WebSocket-Extensions: permessage-deflate\r\n",
        Some(Deflate { takeover: false }) => {
            "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; \
             server_no_context_takeover\r\n"
        }
    };
    format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Key: {}\r\nSec-WebSocket-Version: 13\r\n\
         {extension}\r\n",
        key(index)
    )
}

/// Where the head of the request or response ends, once all of it has arrived.
pub fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(END.len())
        .position(|window| window == END)
        .map(|start| start + END.len())
}

/// The value of a header, or nothing.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

/// Checks the response on connection `index` and returns the extensions the server accepted.
pub fn check_response(head: &[u8], index: usize, deflate: Option<Deflate>) -> Result<String> {
    let head = std::str::from_utf8(head)?;
    if !head.starts_with("HTTP/1.1 101 ") {
        Err(format!("the server answered {:?}", head.lines().next()))?;
    }
    if header(head, "Sec-WebSocket-Accept") != Some(accept_key(&key(index)).as_str()) {
        Err("wrong Sec-WebSocket-Accept")?;
    }
    let extensions = header(head, "Sec-WebSocket-Extensions").unwrap_or_default();
    if deflate.is_some() != extensions.starts_with("permessage-deflate") {
        Err(format!(
            "the server answered the offered extensions with {extensions:?}"
        ))?;
    }
    Ok(extensions.to_owned())
}

/// The response to a client's request, and the process id in its path, if it has one.
pub fn respond(head: &[u8]) -> Result<(String, Option<u32>)> {
    let head = std::str::from_utf8(head)?;
    let key = header(head, "Sec-WebSocket-Key").ok_or("a request without Sec-WebSocket-Key")?;
    let pid = head
        .split_ascii_whitespace()
        .nth(1)
        .and_then(|path| path.split_once("pid="))
        .and_then(|(_, pid)| pid.parse().ok());
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        accept_key(key)
    );
    Ok((response, pid))
}
