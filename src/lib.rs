//! The Rust core of oxws.

pub mod proto;
