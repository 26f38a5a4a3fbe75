//! What the fuzz targets do with their input. A fault is a panic.

pub mod connection;
pub mod encoder;
pub mod frame_header;
pub mod inflate;
pub mod long_payload;

#[path = "../../tests/deflate_support/mod.rs"]
mod deflate_support;

use deflate_support::reference_inflate;

/// Takes bytes off the front of the fuzzer's input; zeros when it is used up.
pub(crate) struct Input<'a>(pub(crate) &'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or_default()
    }

    /// At most `count` bytes.
    pub(crate) fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (bytes, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        bytes
    }
}
