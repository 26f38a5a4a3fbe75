//! The one place where memory of JS is written to.

use napi::bindgen_prelude::{BufferSlice, Uint32ArraySlice};

/// The elements of a typed array, for the duration of one call.
pub(super) fn elements<'a>(array: &'a mut Uint32ArraySlice<'_>) -> &'a mut [u32] {
    // SAFETY: JS does not run, and so neither reads nor detaches the array, before the native
    // call that borrowed it returns; `lib/native.js` never passes one array twice in a call.
    unsafe { array.as_mut() }
}

/// The bytes of a Buffer, for the duration of one call.
pub(super) fn bytes<'a>(buffer: &'a mut BufferSlice<'_>) -> &'a mut [u8] {
    buffer
}
