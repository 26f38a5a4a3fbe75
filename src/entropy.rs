//! The random source of masking keys (RFC 6455 section 5.3: unpredictable, from a strong source).

use std::cell::RefCell;

use crate::proto::{MaskingKey, Role};

/// Random bytes fetched from the system in advance, one pool a thread.
pub(crate) struct MaskSource {
    pool: [u8; POOL_BYTES],
    used: usize,
}

impl MaskSource {
    /// A fresh masking key.
    pub(crate) fn key() -> MaskingKey {
        SOURCE.with_borrow_mut(Self::next)
    }

    /// A fresh key for a client, which must mask, and none for a server, which must not.
    pub(crate) fn key_for(role: Role) -> Option<MaskingKey> {
        (role == Role::Client).then(Self::key)
    }

    fn next(&mut self) -> MaskingKey {
        if self.used + 4 > POOL_BYTES {
            // Without a random source there is no secure way to go on (the system has one since boot).
            getrandom::fill(&mut self.pool).expect("the system's random source works");
            self.used = 0;
        }
        let mut key = [0; 4];
        key.copy_from_slice(&self.pool[self.used..self.used + 4]);
        self.used += 4;
        MaskingKey::from(key)
    }
}

thread_local! {
    static SOURCE: RefCell<MaskSource> =
        const { RefCell::new(MaskSource { pool: [0; POOL_BYTES], used: POOL_BYTES }) };
}

const POOL_BYTES: usize = 4096;
