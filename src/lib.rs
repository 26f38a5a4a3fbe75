//! The Rust core of oxws, a drop-in replacement for the `ws` WebSocket library of Node.js.
//!
//! A received message travels from a socket through a lane ([`net`]), which has the protocol
//! engine ([`proto`]) parse it, into a batch that the JS thread drains (`node`). A sent message
//! travels from JS (`node`) through the engine's framing into the connection's queue ([`net`]).

mod entropy;
#[cfg(unix)]
pub mod net;
// Unit tests run outside Node, where napi-rs exports nothing.
#[cfg(all(feature = "node", not(test)))]
mod node;
pub mod proto;
