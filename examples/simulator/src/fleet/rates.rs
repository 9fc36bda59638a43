//! How much the fleet does in a second, and what it costs.

use super::process::Usage;
use super::site::Site;
use super::tally::{Look, Tally};
use embedded_ocpp::Instant;
use std::rc::Rc;
use std::time;

/// Looked at once a second.
pub(crate) struct Rates {
    start: time::Instant,
    usage_at_start: Usage,
    /// Of the process before there were chargers, in bytes.
    memory_before: u64,
    last: Stand,
    /// The last second.
    pub(crate) now: Second,
    /// The second with the most messages.
    pub(crate) busiest: Second,
    /// The highest so far, in bytes.
    pub(crate) memory_max: u64,
}

/// Where the counters stood.
struct Stand {
    at: time::Instant,
    cpu: f64,
    sent: u64,
    received: u64,
}

/// What happened in one second.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Second {
    pub(crate) sent: f64,
    pub(crate) received: f64,
    /// Cores.
    pub(crate) cpu: f64,
}

impl Second {
    pub(crate) fn messages(&self) -> f64 {
        self.sent + self.received
    }
}

impl Rates {
    pub(crate) fn start(memory_before: u64) -> Self {
        let usage = Usage::of_this();
        let start = time::Instant::now();
        Self {
            start,
            usage_at_start: usage,
            memory_before,
            last: Stand { at: start, cpu: usage.cpu, sent: 0, received: 0 },
            now: Second::default(),
            busiest: Second::default(),
            memory_max: usage.memory,
        }
    }

    pub(crate) fn look(&mut self, tally: &Tally) {
        let (usage, at) = (Usage::of_this(), time::Instant::now());
        let seconds = at.duration_since(self.last.at).as_secs_f64().max(0.001);
        let (sent, received) = (tally.sent.get(), tally.received.get());
        self.now = Second {
            sent: (sent - self.last.sent) as f64 / seconds,
            received: (received - self.last.received) as f64 / seconds,
            cpu: (usage.cpu - self.last.cpu) / seconds,
        };
        self.last = Stand { at, cpu: usage.cpu, sent, received };
        self.memory_max = self.memory_max.max(usage.memory);
        if self.now.messages() > self.busiest.messages() && seconds > 0.5 {
            self.busiest = self.now;
        }
    }

    /// Cores, on average since the start.
    pub(crate) fn cpu(&self) -> f64 {
        (self.last.cpu - self.usage_at_start.cpu) / self.elapsed().max(0.001)
    }

    /// Seconds of one core since the start.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        self.last.cpu - self.usage_at_start.cpu
    }

    /// Seconds of real time since the start.
    pub(crate) fn elapsed(&self) -> f64 {
        self.last.at.duration_since(self.start).as_secs_f64()
    }

    /// KiB of memory for each of so many chargers, at most so far.
    pub(crate) fn memory_each(&self, chargers: usize) -> f64 {
        self.memory_max.saturating_sub(self.memory_before) as f64 / 1024.0 / chargers.max(1) as f64
    }

    /// What is to be seen every few seconds.
    pub(crate) fn line(&self, now: Instant, sites: &[Rc<Site>], tally: &Tally) -> String {
        let count = |looks: &[Look]| sites.iter().filter(|site| looks.contains(&site.look.get())).count();
        let waiting: u64 = sites.iter().map(|site| u64::from(site.waiting.get())).sum();
        format!(
            "{:5} s  online {:5}  charging {:5}  sessions {:6}  waiting {waiting:4}  out {:6.0}/s  in {:6.0}/s  {:.2} core  {:.1} KiB each",
            now.as_secs(),
            count(&[Look::Idle, Look::Occupied, Look::Charging]),
            count(&[Look::Charging]),
            tally.sessions.get(),
            self.now.sent,
            self.now.received,
            self.now.cpu,
            self.memory_each(sites.len()),
        )
    }
}
