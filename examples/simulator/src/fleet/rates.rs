//! How much the fleet does in a second, and what it costs.

use super::process::Usage;
use super::site::Site;
use super::tally::{Look, Tally};
use embedded_ocpp::Instant;
use std::rc::Rc;
use std::time;

/// Looked at once a second.
pub(crate) struct Rates {
    start: Stand,
    last: Stand,
    /// At the last line.
    last_line: Stand,
    /// Of the process before there were chargers, in bytes.
    memory_before: u64,
    /// The last second.
    pub(crate) now: Second,
    /// The second with the most messages.
    pub(crate) busiest: Second,
    /// The highest so far, in bytes.
    memory_max: u64,
}

/// Where the counters stood.
#[derive(Clone, Copy)]
struct Stand {
    at: time::Instant,
    cpu: f64,
    sent: u64,
    received: u64,
}

/// What happens in one second.
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

impl Stand {
    /// On average from this one to a later one.
    fn second(&self, later: &Self) -> Second {
        let seconds = later.at.duration_since(self.at).as_secs_f64().max(0.001);
        Second {
            sent: (later.sent - self.sent) as f64 / seconds,
            received: (later.received - self.received) as f64 / seconds,
            cpu: (later.cpu - self.cpu) / seconds,
        }
    }
}

impl Rates {
    /// `memory_before` is that of the process before there were chargers, in bytes.
    pub(crate) fn start(memory_before: u64) -> Self {
        let usage = Usage::of_this();
        let start = Stand { at: time::Instant::now(), cpu: usage.cpu, sent: 0, received: 0 };
        Self {
            start,
            last: start,
            last_line: start,
            memory_before,
            now: Second::default(),
            busiest: Second::default(),
            memory_max: usage.memory,
        }
    }

    pub(crate) fn look(&mut self, tally: &Tally) {
        let (usage, at) = (Usage::of_this(), time::Instant::now());
        let stand = Stand { at, cpu: usage.cpu, sent: tally.sent.get(), received: tally.received.get() };
        self.now = self.last.second(&stand);
        self.last = stand;
        self.memory_max = self.memory_max.max(usage.memory);
        if self.now.messages() > self.busiest.messages() {
            self.busiest = self.now;
        }
    }

    /// On average since the start.
    pub(crate) fn average(&self) -> Second {
        self.start.second(&self.last)
    }

    /// Seconds of one core since the start.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        self.last.cpu - self.start.cpu
    }

    /// Seconds of real time since the start.
    pub(crate) fn elapsed(&self) -> f64 {
        self.last.at.duration_since(self.start.at).as_secs_f64()
    }

    /// KiB of memory for each of so many chargers, at most so far.
    pub(crate) fn memory_each(&self, chargers: usize) -> f64 {
        self.memory_max.saturating_sub(self.memory_before) as f64 / 1024.0 / chargers.max(1) as f64
    }

    /// What is to be seen every few seconds: the averages since the last line.
    pub(crate) fn line(&mut self, now: Instant, sites: &[Rc<Site>], tally: &Tally) -> String {
        let second = std::mem::replace(&mut self.last_line, self.last).second(&self.last);
        let count = |looks: &[Look]| sites.iter().filter(|site| looks.contains(&site.look.get())).count();
        let waiting: u64 = sites.iter().map(|site| u64::from(site.waiting.get())).sum();
        format!(
            "{:5} s  online {:5}  charging {:5}  sessions {:6}  waiting {waiting:4}  out {:6.0}/s  in {:6.0}/s  {:.2} core  {:.1} KiB each",
            now.as_secs(),
            count(&[Look::Idle, Look::Occupied, Look::Charging]),
            count(&[Look::Charging]),
            tally.sessions.get(),
            second.sent,
            second.received,
            second.cpu,
            self.memory_each(sites.len()),
        )
    }
}
