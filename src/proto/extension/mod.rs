//! Extensions of the protocol (RFC 6455 section 9). There is one: permessage-deflate (RFC 7692).

pub mod deflate;
mod encoder;
pub mod inflate;
pub mod permessage_deflate;
mod pool;

/// What a sender cuts off the end of a message and a receiver puts back (RFC 7692 sections 7.2.1
/// and 7.2.2): the length fields of the empty stored block that a sync flush ends with.
const DEFLATE_TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
