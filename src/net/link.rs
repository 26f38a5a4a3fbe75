//! What the JS thread and the lane share of one connection.
//!
//! JS changes something, then wakes the lane; the lane registers its waker, then looks. Both go
//! through the waker's lock, so either the lane sees the change or JS finds the waker. What was
//! given before the lane registered needs no more: there is a first look behind that.

#[cfg(all(test, feature = "loom"))]
mod races;

use std::{
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    task::Waker,
};

use super::{
    Outbound,
    sync::{AtomicU32, AtomicU64, Mutex, MutexGuard, Ordering, PoisonError},
};
use crate::proto::Config;

/// A connection as both threads see it. The descriptor is closed when the last owner lets go:
/// JS does so when it closes the connection, the lane when it has noticed.
pub struct Link {
    fd: OwnedFd,
    number: u32,
    outbound: Mutex<Outbound>,
    commands: AtomicU32,
    waker: Mutex<Option<Waker>>,
    bytes_read: AtomicU64,
}

impl Link {
    /// A connection over `fd` that JS knows as `number`.
    pub fn new(fd: OwnedFd, number: u32, config: &Config) -> Self {
        Self {
            fd,
            number,
            outbound: Mutex::new(Outbound::new(config)),
            commands: AtomicU32::new(0),
            waker: Mutex::default(),
            bytes_read: AtomicU64::new(0),
        }
    }

    /// The number JS knows the connection by.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The sending half.
    pub fn outbound(&self) -> MutexGuard<'_, Outbound> {
        // A panic while the lock was held ends the connection; until then its bytes do no harm.
        self.outbound.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes received since the connection began.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    pub(super) fn count_read(&self, bytes: usize) {
        self.bytes_read.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Makes the lane look at the connection.
    pub fn wake(&self) {
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waker) = &*waker {
            waker.wake_by_ref();
        }
    }

    /// Stops (or goes on) reading.
    pub fn set_paused(&self, paused: bool) {
        if paused {
            self.commands.fetch_or(PAUSED, Ordering::AcqRel);
        } else {
            self.commands.fetch_and(!PAUSED, Ordering::AcqRel);
            self.wake();
        }
    }

    /// Chooses whether the lane answers pings.
    pub fn set_auto_pong(&self, answer: bool) {
        if answer {
            self.commands.fetch_and(!MUTE, Ordering::AcqRel);
        } else {
            self.commands.fetch_or(MUTE, Ordering::AcqRel);
        }
    }

    /// Closes the connection at once; with `reset`, by RST.
    pub fn close(&self, reset: bool) {
        if reset {
            // An error means that there is no connection left to reset.
            let _ = super::socket::reset_on_close(&self.fd);
        }
        self.commands.fetch_or(CLOSED, Ordering::AcqRel);
        self.wake();
    }

    /// Hands every byte that is received to JS as well.
    pub fn tap(&self) {
        self.commands.fetch_or(TAPPED, Ordering::AcqRel);
    }

    pub(super) fn is_tapped(&self) -> bool {
        self.commands.load(Ordering::Acquire) & TAPPED != 0
    }

    pub(super) fn is_paused(&self) -> bool {
        self.commands.load(Ordering::Acquire) & PAUSED != 0
    }

    pub(super) fn is_closed(&self) -> bool {
        self.commands.load(Ordering::Acquire) & CLOSED != 0
    }

    pub(super) fn answers_pings(&self) -> bool {
        self.commands.load(Ordering::Acquire) & MUTE == 0
    }

    pub(super) fn set_waker(&self, waker: &Waker) {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker.clone());
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

const PAUSED: u32 = 1;
const CLOSED: u32 = 2;
const MUTE: u32 = 4;
const TAPPED: u32 = 8;
