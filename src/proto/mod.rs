//! RFC 6455 without input or output.
#![forbid(unsafe_code)]
