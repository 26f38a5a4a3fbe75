//! What a process has used so far, from `/proc`.

use crate::Result;
use std::fs;
use std::time::Duration;

/// CPU time and memory of one process at one moment.
#[derive(Clone, Copy)]
pub struct Sample {
    /// User and system time of all its threads.
    pub cpu: Duration,
    /// Resident memory in bytes.
    pub resident: u64,
    /// Highest resident memory in bytes since it started or [`forget_peak`] was called.
    pub peak: u64,
    /// How many threads it has.
    pub threads: usize,
}

impl Sample {
    /// Looks at process `pid`, or at this one.
    pub fn take(pid: Option<u32>) -> Result<Self> {
        let folder = folder(pid);
        let mut cpu = 0;
        let mut threads = 0;
        for task in fs::read_dir(format!("{folder}/task"))? {
            // Its first number is the time on a processor, in nanoseconds.
            let Ok(statistics) = fs::read_to_string(task?.path().join("schedstat")) else {
                continue; // The thread has just ended.
            };
            let first = statistics.split_ascii_whitespace().next();
            cpu += first.unwrap_or_default().parse::<u64>()?;
            threads += 1;
        }
        let status = fs::read_to_string(format!("{folder}/status"))?;
        Ok(Self {
            cpu: Duration::from_nanos(cpu),
            resident: kibibytes(&status, "VmRSS:")? * 1024,
            peak: kibibytes(&status, "VmHWM:")? * 1024,
            threads,
        })
    }
}

/// Starts a new measurement of the peak of resident memory.
pub fn forget_peak(pid: Option<u32>) -> Result<()> {
    Ok(fs::write(format!("{}/clear_refs", folder(pid)), "5")?)
}

/// Time that all processes together have spent on the machine's processors. Counted in hundredths
/// of a second.
pub fn machine_time() -> Result<Duration> {
    let statistics = fs::read_to_string("/proc/stat")?;
    let first = statistics.lines().next().unwrap_or_default();
    let mut ticks = 0;
    // Time as a user, as a nice user and in the kernel; idle time and interrupts follow.
    for number in first.split_ascii_whitespace().skip(1).take(3) {
        ticks += number.parse::<u64>()?;
    }
    Ok(Duration::from_millis(ticks * 10))
}

fn folder(pid: Option<u32>) -> String {
    match pid {
        Some(pid) => format!("/proc/{pid}"),
        None => "/proc/self".to_owned(),
    }
}

fn kibibytes(status: &str, name: &str) -> Result<u64> {
    let value = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|value| value.split_ascii_whitespace().next())
        .ok_or_else(|| format!("/proc has no {name}"))?;
    Ok(value.parse()?)
}
