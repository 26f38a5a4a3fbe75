//! One payload that is sent to many receivers is stored once.

use std::{ops::Deref, sync::Arc};

use super::PAYLOADS;

/// A payload that waits to be written or compressed.
#[derive(Debug)]
pub(super) struct StoredPayload(Vec<u8>);

impl Deref for StoredPayload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for StoredPayload {
    fn drop(&mut self) {
        PAYLOADS.put(std::mem::take(&mut self.0));
    }
}

/// The last payload that had to be stored. A broadcast to receivers that are slow, or whose
/// messages have to be compressed, finds it here for all but the first of them.
#[derive(Debug, Default)]
pub struct SharedPayload {
    last: Option<Arc<StoredPayload>>,
}

impl SharedPayload {
    /// Stores `payload`. The bytes are compared, not their address: a sender may use one buffer for
    /// different messages.
    pub(super) fn store(&mut self, payload: &[u8]) -> Arc<StoredPayload> {
        match &self.last {
            Some(last) if ***last == *payload => Arc::clone(last),
            _ => {
                let stored = StoredPayload(PAYLOADS.copy(payload));
                Arc::clone(self.last.insert(Arc::new(stored)))
            }
        }
    }

    /// Forgets the payload, so that only its receivers keep it.
    pub fn clear(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_payloads_are_stored_once() {
        let mut shared = SharedPayload::default();
        let first = shared.store(b"one");
        assert!(Arc::ptr_eq(&first, &shared.store(b"one")));
        assert_eq!(**shared.store(b"two"), *b"two");
        let again = shared.store(b"one");
        assert_eq!(**again, *b"one");
        shared.clear();
        assert_eq!(Arc::strong_count(&again), 1);
    }
}
