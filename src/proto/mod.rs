//! RFC 6455 (and 7692) as a state machine without input or output.
//!
//! There is no socket, thread, clock or random source here: bytes, the time and masking keys are
//! arguments. A connection has two independent halves, a [`Receiver`] that turns bytes into events
//! and a [`Sender`] that turns messages into bytes, so that each can live on its own thread. When
//! to close, and with what code, is decided above: a close frame has to queue behind what a
//! listener sends.
#![forbid(unsafe_code)]

pub mod extension;
pub mod handshake;

mod close;
mod config;
mod error;
mod event;
mod fragments;
mod frame;
mod growth;
mod header_buffer;
mod heartbeat;
mod mask;
mod message;
mod opcode;
mod receiver;
mod sender;
mod utf8;

pub use close::is_valid_close_code;
pub use config::{Config, Limits, Role};
pub use error::ProtocolError;
pub use event::{Chunk, Event, Payload};
pub use frame::{FrameHeader, HEADER_MAX};
pub use heartbeat::{Heartbeat, HeartbeatAction, HeartbeatConfig};
pub use mask::{MaskingKey, apply_mask};
pub use opcode::Opcode;
pub use receiver::Receiver;
pub use sender::{SendOptions, Sender};
pub use utf8::Utf8Validator;
