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

/// The last payload that had to be stored: for one receiver that is slow, or whose messages have to
/// be compressed, or because it goes to many. All others find it here.
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

    /// Stores a payload that probably goes to more receivers.
    pub fn keep(&mut self, payload: &[u8]) {
        if payload.len() >= SHARED_BYTES {
            self.store(payload);
        }
    }

    /// The payload as it is stored, unless it is so short that a copy costs less. One that
    /// `will_wait` is stored if it is not.
    pub(super) fn share(&mut self, payload: &[u8], will_wait: bool) -> Option<Arc<StoredPayload>> {
        if payload.len() < SHARED_BYTES {
            return None;
        }
        match &self.last {
            Some(last) if ***last == *payload => Some(Arc::clone(last)),
            _ => will_wait.then(|| self.store(payload)),
        }
    }

    /// Forgets the payload, so that only its receivers keep it.
    pub fn clear(&mut self) {
        self.last = None;
    }
}

/// Shorter payloads are copied for each receiver.
const SHARED_BYTES: usize = 1024;

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

    #[test]
    fn what_goes_to_many_is_shared() {
        let payload = [1; SHARED_BYTES];
        let mut shared = SharedPayload::default();
        assert!(shared.share(&payload, false).is_none());
        shared.keep(&payload);
        let first = shared.share(&payload, false).unwrap();
        assert!(Arc::ptr_eq(&first, &shared.share(&payload, true).unwrap()));
        assert!(shared.share(&[2; SHARED_BYTES], false).is_none());
        assert_eq!(
            **shared.share(&[2; SHARED_BYTES], true).unwrap(),
            [2; SHARED_BYTES]
        );
    }

    #[test]
    fn what_is_short_is_not_shared() {
        let mut shared = SharedPayload::default();
        shared.keep(b"short");
        assert!(shared.share(b"short", false).is_none());
        assert!(shared.share(b"short", true).is_none());
    }
}
