//! What threads share data with: the standard library's, or in the tests with the feature `loom`
//! doubles of it, which go through the ways in which threads can come between one another.

#[cfg(feature = "loom")]
pub(super) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering},
};
pub(super) use std::sync::PoisonError;
#[cfg(not(feature = "loom"))]
pub(super) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering},
};
