//! The Node-API surface: plain functions on numbers, called by `lib/` only.
//!
//! Everything here runs on the JS thread of one environment (the main thread or a worker), whose
//! state is in [`Environment`]. Argument checks and error objects are JS's business.
#![expect(unreachable_pub, reason = "napi-rs exports only what is pub")]

mod bytes;
mod deflate;
mod doorbell;
mod environment;
#[cfg(unix)]
mod lanes;
mod options;
mod stream;

use environment::Environment;
