//! The Node-API surface: plain functions on numbers, called by `lib/` only.
//!
//! Everything here runs on the JS thread of one environment (the main thread or a worker). What is
//! kept between calls is in an [`Instance`]. Argument checks and error objects are JS's business.
#![expect(unreachable_pub, reason = "napi-rs exports only what is pub")]

mod bytes;
mod deflate;
#[cfg(unix)]
mod doorbell;
mod environment;
#[cfg(unix)]
mod lanes;
mod options;
mod stream;
mod stream_event;
mod stream_task;
#[cfg(unix)]
mod uv;

use environment::Instance;
