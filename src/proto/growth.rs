//! How buffers grow whose final length is limited.

/// Appends `bytes` to `buffer`, which is to have `expected` bytes in the end, if the peer says the
/// truth, and at most `max_len`.
pub(super) fn append(buffer: &mut Vec<u8>, bytes: &[u8], expected: u64, max_len: usize) {
    let needed = buffer.len().saturating_add(bytes.len());
    if needed > buffer.capacity() {
        grow(buffer, needed, expected, max_len);
    }
    buffer.extend_from_slice(bytes);
}

/// The peer is believed if half of what it has announced is there. Otherwise a full buffer doubles,
/// so that it is seldom moved, but makes no room for more than `max_len` bytes: twice the limit
/// would be held otherwise.
#[cold]
fn grow(buffer: &mut Vec<u8>, needed: usize, expected: u64, max_len: usize) {
    let capacity = match usize::try_from(expected) {
        Ok(expected) if (needed..=needed.saturating_mul(2)).contains(&expected) => expected,
        _ => buffer.capacity().saturating_mul(2).min(max_len).max(needed),
    };
    buffer.reserve_exact(capacity.saturating_sub(buffer.len()));
}
