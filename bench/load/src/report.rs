//! What the program prints: one JSON document a line.

use hdrhistogram::Histogram;
use serde::Serialize;

/// The result of a run under load.
#[derive(Serialize)]
pub struct Measured {
    /// Messages that came back, or were delivered.
    pub messages: u64,
    /// Length of the measurement.
    pub seconds: f64,
    /// Messages a second.
    pub per_second: f64,
    /// Bytes on the wire a message, on the way back.
    pub bytes_per_message: f64,
    /// User and system time of the process under test, all threads.
    pub cpu_us_per_message: Option<f64>,
    /// Cores the process under test kept busy.
    pub cores: Option<f64>,
    /// Cores this process kept busy: near 1, it was the bottleneck.
    pub load_cores: f64,
    /// Cores that everything else on the machine kept busy: the disturbance.
    pub other_cores: f64,
    /// Resident memory of the process under test when the measurement opened, in bytes.
    pub resident_before: Option<u64>,
    /// The same when it closed.
    pub resident: Option<u64>,
    /// The highest in between.
    pub peak: Option<u64>,
    /// Threads of the process under test.
    pub threads: Option<usize>,
    /// Time from sending (paced: from when it was due) to receiving.
    pub latency_us: Option<Latency>,
}

/// A distribution of times, in microseconds.
#[derive(Serialize)]
#[allow(missing_docs, reason = "the names are their meaning")]
pub struct Latency {
    pub mean: f64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
}

impl Latency {
    /// Of nanoseconds in a histogram.
    pub fn of(histogram: &Histogram<u64>) -> Self {
        let quantile = |quantile| histogram.value_at_quantile(quantile) as f64 / 1e3;
        Self {
            mean: histogram.mean() / 1e3,
            p50: quantile(0.5),
            p90: quantile(0.9),
            p99: quantile(0.99),
            p999: quantile(0.999),
            max: histogram.max() as f64 / 1e3,
        }
    }
}

/// The result of leaving connections alone.
#[derive(Serialize)]
pub struct Rested {
    /// How many.
    pub connections: usize,
    /// Resident memory of the process under test before there were any, in bytes.
    pub resident_before: u64,
    /// The same with all of them.
    pub resident: u64,
    /// What one of them costs.
    pub bytes_per_connection: f64,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Line<'a, T: Serialize> {
    Listening(Listening),
    Result {
        extensions: &'a str,
        #[serde(flatten)]
        result: T,
    },
}

#[derive(Serialize)]
struct Listening {
    port: u16,
}

fn print(line: &Line<'_, impl Serialize>) {
    match serde_json::to_string(line) {
        Ok(text) => println!("{text}"),
        Err(error) => eprintln!("load: {error}"),
    }
}

/// This process waits for connections on `port`.
pub fn listening(port: u16) {
    print(&Line::<'_, ()>::Listening(Listening { port }));
}

/// The run is over. `extensions` is what the handshake agreed on.
pub fn result(extensions: &str, result: impl Serialize) {
    print(&Line::Result { extensions, result });
}
