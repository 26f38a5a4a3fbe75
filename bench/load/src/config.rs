//! What the first command-line argument may say. Unknown names are errors.

use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// One run of the program.
#[derive(Deserialize)]
#[serde(tag = "mode", rename_all = "kebab-case")]
pub enum Command {
    /// Messages that the process under test echoes; closed loop, or paced when `rate` is given.
    Echo(Echo),
    /// Messages that the process under test only receives.
    Flood(Flood),
    /// Messages that the process under test sends on to every connection.
    Broadcast(Broadcast),
    /// Connections opened and closed one after the other.
    Churn(Churn),
    /// Connections that are opened and left alone.
    Idle(Idle),
    /// A WebSocket server with nothing between it and the kernel: the limit of the machine.
    Serve(Serve),
    /// Writes a self-signed certificate for `localhost` and 127.0.0.1.
    Certificate(Certificate),
}

/// Where connections come from.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Port on 127.0.0.1 of the server under test. Without it this process listens, prints its
    /// port, and the process under test connects, naming its process id in the path: `/?pid=7`.
    pub port: Option<u16>,
    /// Process to sample when `port` is given.
    pub pid: Option<u32>,
    /// Certificate (PEM) to trust; makes the connections `wss:`.
    pub tls: Option<PathBuf>,
    /// Offers permessage-deflate, and fails when it is not accepted.
    pub deflate: Option<Deflate>,
    /// How many connections.
    pub connections: usize,
}

/// permessage-deflate as offered (RFC 7692, section 7.1.1).
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deflate {
    /// Whether either side keeps its window from message to message.
    pub takeover: bool,
}

/// What messages look like.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// The bytes inside.
    pub kind: PayloadKind,
    /// Bytes a message.
    pub size: usize,
}

/// The bytes inside a message.
#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum PayloadKind {
    /// Pseudo-random bytes in a binary message.
    Binary,
    /// A text message of one to four-byte characters.
    Text,
    /// A text message that looks like records in JSON.
    Json,
}

/// When to measure, in milliseconds.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// Load before the measurement starts.
    pub warmup: u64,
    /// Length of the measurement.
    pub duration: u64,
}

impl Timing {
    /// Load before the measurement starts.
    pub fn warmup(&self) -> Duration {
        Duration::from_millis(self.warmup)
    }

    /// Length of the measurement.
    pub fn duration(&self) -> Duration {
        Duration::from_millis(self.duration)
    }
}

/// See [`Command::Echo`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Echo {
    /// Where connections come from.
    pub target: Target,
    /// What is echoed.
    pub payload: Payload,
    /// When to measure.
    pub timing: Timing,
    /// Messages each connection keeps on the way (closed loop).
    #[serde(default = "one")]
    pub in_flight: usize,
    /// Messages a second over all connections (open loop). Latency then counts from the moment a
    /// message was due, whether or not it could be sent: no coordinated omission.
    pub rate: Option<f64>,
    /// The server returns bytes, not messages: expect what was sent, still masked.
    #[serde(default)]
    pub raw: bool,
}

/// See [`Command::Flood`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flood {
    /// Where connections come from.
    pub target: Target,
    /// What is sent.
    pub payload: Payload,
    /// When to measure.
    pub timing: Timing,
}

/// See [`Command::Broadcast`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Broadcast {
    /// Where connections come from. The first of them publishes; all of them receive.
    pub target: Target,
    /// What is published.
    pub payload: Payload,
    /// When to measure.
    pub timing: Timing,
    /// Published messages on the way (closed loop).
    #[serde(default = "one")]
    pub in_flight: usize,
    /// Published messages a second (open loop).
    pub rate: Option<f64>,
    /// How many of the connections never read.
    #[serde(default)]
    pub stalled: usize,
}

/// See [`Command::Churn`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Churn {
    /// Where connections go; `connections` is how many are being opened at any time.
    pub target: Target,
    /// When to measure.
    pub timing: Timing,
}

/// See [`Command::Idle`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Idle {
    /// Where connections come from.
    pub target: Target,
    /// One such message is echoed on every connection before the wait.
    pub touch: Option<Payload>,
    /// Wait before memory is read, in milliseconds, with no connection and with all of them.
    pub settle: u64,
}

/// See [`Command::Serve`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serve {
    /// What happens to a message.
    pub handler: Handler,
}

/// What the limit server does with a message.
#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Handler {
    /// Returns it.
    Echo,
    /// Sends it to every connection.
    Broadcast,
}

/// See [`Command::Certificate`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Folder that `certificate.pem` and `key.pem` are written to.
    pub folder: PathBuf,
}

fn one() -> usize {
    1
}
