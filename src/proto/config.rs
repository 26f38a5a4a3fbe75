//! What a connection is told when it begins.

use super::extension::permessage_deflate::DeflateConfig;

/// Which side of the connection this is. A client masks what it sends, a server must not
/// (RFC 6455 section 5.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// The side that opened the connection.
    Client,
    /// The side that accepted it.
    Server,
}

/// Limits on what the peer may send (RFC 6455 section 10.4); 0 means that there is none.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Limits {
    /// Bytes of a message, both as announced by its frames and after decompression.
    pub max_payload: u64,
    /// Data frames of a message, empty ones included.
    pub max_fragments: u32,
    /// Reads from the socket that may wait for the rest of a frame.
    pub max_buffered_chunks: u32,
}

/// How a connection behaves.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which side this is.
    pub role: Role,
    /// Limits on what the peer may send.
    pub limits: Limits,
    /// Accept text and close reasons that are not UTF-8.
    pub skip_utf8_validation: bool,
    /// permessage-deflate, if it was negotiated.
    pub deflate: Option<DeflateConfig>,
}
