//! How buffers grow whose final length is limited.

/// Appends `bytes` to `buffer`. A full buffer doubles, so that it is seldom moved, but makes no room
/// for more than `max_len` bytes: twice the limit would be held otherwise.
pub(super) fn append(buffer: &mut Vec<u8>, bytes: &[u8], max_len: usize) {
    let needed = buffer.len().saturating_add(bytes.len());
    if needed > buffer.capacity() {
        grow(buffer, needed, max_len);
    }
    buffer.extend_from_slice(bytes);
}

#[cold]
fn grow(buffer: &mut Vec<u8>, needed: usize, max_len: usize) {
    let doubled = buffer.capacity().saturating_mul(2);
    let capacity = doubled.min(max_len).max(needed);
    buffer.reserve_exact(capacity.saturating_sub(buffer.len()));
}
