//! What a process has used, as Linux tells it.

use std::fs;

/// Since the start of the process.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Seconds of one core.
    pub(crate) cpu: f64,
    /// Bytes in memory now.
    pub(crate) memory: u64,
}

/// The unit of times in /proc, on all that Linux runs on.
const TICKS_PER_SECOND: f64 = 100.0;

impl Usage {
    pub(crate) fn of_this() -> Self {
        Self::of("self")
    }

    /// Nothing at all where the system does not tell.
    pub(crate) fn of(process: &str) -> Self {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        // The second field is a name, which may hold anything.
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        let ticks: f64 = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = resident.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
        Self { cpu: ticks / TICKS_PER_SECOND, memory: kib.unwrap_or(0) * 1024 }
    }
}
