//! Counts what happens between the end of the warm-up and the end of the run.

use crate::Result;
use crate::config::Timing;
use crate::process::{Sample, forget_peak, machine_time};
use crate::report::{Latency, Measured};
use hdrhistogram::Histogram;
use std::time::{Duration, Instant};

/// A measurement that opens and closes by the clock.
pub struct Meter {
    pid: Option<u32>,
    opens: Instant,
    length: Duration,
    opened: Option<Opened>,
    messages: u64,
    bytes: u64,
    latency: Histogram<u64>,
}

struct Opened {
    at: Instant,
    tested: Option<Sample>,
    own: Sample,
    machine: Duration,
}

impl Meter {
    /// Will measure process `pid`, and this one.
    pub fn new(timing: Timing, pid: Option<u32>) -> Result<Self> {
        Ok(Self {
            pid,
            opens: Instant::now() + timing.warmup(),
            length: timing.duration(),
            opened: None,
            messages: 0,
            bytes: 0,
            // A thousandth of accuracy, up to a minute.
            latency: Histogram::new_with_bounds(1, 60_000_000_000, 3)?,
        })
    }

    /// Opens the measurement when its time has come. Returns whether it is over.
    pub fn is_over(&mut self, now: Instant) -> Result<bool> {
        if let Some(opened) = &self.opened {
            return Ok(now >= opened.at + self.length);
        }
        if now >= self.opens {
            if self.pid.is_some() {
                forget_peak(self.pid)?;
            }
            self.opened = Some(Opened {
                tested: self.sample()?,
                own: Sample::take(None)?,
                machine: machine_time()?,
                at: Instant::now(),
            });
        }
        Ok(false)
    }

    fn sample(&self) -> Result<Option<Sample>> {
        self.pid.map(|pid| Sample::take(Some(pid))).transpose()
    }

    /// Counts messages, and the bytes that carried them.
    pub fn count(&mut self, messages: usize, bytes: u64) {
        if self.opened.is_some() {
            self.messages += messages as u64;
            self.bytes += bytes;
        }
    }

    /// Records how long something took that began at `since`.
    pub fn record(&mut self, since: Instant, now: Instant) {
        if self.opened.is_some() {
            let nanoseconds = now.saturating_duration_since(since).as_nanos() as u64;
            self.latency.saturating_record(nanoseconds);
        }
    }

    /// Closes the measurement: what is counted later counts for nothing.
    pub fn finish(&mut self) -> Result<Measured> {
        let now = Instant::now();
        let tested = self.sample()?;
        let own = Sample::take(None)?;
        let machine = machine_time()?;
        let opened = self.opened.take().ok_or("the measurement never opened")?;
        let seconds = (now - opened.at).as_secs_f64();
        let messages = self.messages as f64;
        let tested_cpu = tested
            .zip(opened.tested)
            .map(|(after, before)| (after.cpu - before.cpu).as_secs_f64());
        let own_cpu = (own.cpu - opened.own.cpu).as_secs_f64();
        let machine_cpu = (machine - opened.machine).as_secs_f64();
        let other_cpu = machine_cpu - own_cpu - tested_cpu.unwrap_or_default();
        Ok(Measured {
            messages: self.messages,
            seconds,
            per_second: messages / seconds,
            bytes_per_message: self.bytes as f64 / messages,
            cpu_us_per_message: tested_cpu.map(|cpu| cpu * 1e6 / messages),
            cores: tested_cpu.map(|cpu| cpu / seconds),
            load_cores: own_cpu / seconds,
            other_cores: (other_cpu / seconds).max(0.0),
            resident_before: opened.tested.map(|sample| sample.resident),
            resident: tested.map(|sample| sample.resident),
            peak: tested.map(|sample| sample.peak),
            threads: tested.map(|sample| sample.threads),
            latency_us: (!self.latency.is_empty()).then(|| Latency::of(&self.latency)),
        })
    }
}
