//! The one place where memory of JS is written to.

use napi::{
    Env,
    bindgen_prelude::{BufferSlice, Uint32ArraySlice},
};

#[cfg(unix)]
use crate::net::PAYLOADS;

/// The elements of a typed array, for the duration of one call.
pub(super) fn elements<'a>(array: &'a mut Uint32ArraySlice<'_>) -> &'a mut [u32] {
    // SAFETY: JS does not run, and so neither reads nor detaches the array, before the native
    // call that borrowed it returns; `lib/` never passes one array twice in a call.
    unsafe { array.as_mut() }
}

/// The bytes of a Buffer, for the duration of one call.
pub(super) fn bytes<'a>(buffer: &'a mut BufferSlice<'_>) -> &'a mut [u8] {
    buffer
}

/// A Buffer over the memory of `payload`, without a copy. When it is garbage, the memory goes back
/// to the pool. (Runtimes that forbid this get a copy.)
#[cfg(unix)]
pub(super) fn share<'env>(env: &Env, mut payload: Vec<u8>) -> napi::Result<BufferSlice<'env>> {
    let (data, length) = (payload.as_mut_ptr(), payload.len());
    let recycle = |_: Env, payload: Vec<u8>| PAYLOADS.put(payload);
    // SAFETY: `data` points to the `length` bytes of `payload`, which is not empty, moves with its
    // memory in place to the finalizer and is dropped by nobody before.
    unsafe { BufferSlice::from_external(env, data, length, payload, recycle) }
}
