//! Wall clock, CPU time of the process, and its peak memory.

use std::time::Instant;

use cpu_time::ProcessTime;

/// Time since a start, on both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    pub seconds: f64,
    /// Over all threads of the process.
    pub cpu_seconds: f64,
}

/// Runs `work` and tells how long it took.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Spent) {
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    let result = work();
    let (seconds, cpu_seconds) = (wall.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64());
    (result, Spent { seconds, cpu_seconds })
}

/// Forgets the peak so far (Linux; elsewhere nothing happens).
pub fn forget_peak_memory() {
    // Without permission the peak stays that of the whole process: an upper bound.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Largest resident memory since the peak was last forgotten, in MB of 10^6 bytes; Linux only.
pub fn peak_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0 / 1e6)
}
