//! What goes wrong at one charger: links and power, at random.

use super::power::Power;
use embedded_ocpp::Instant;
use embedded_ocpp::time::Duration;
use fastrand::Rng;

/// Draws when what fails. Nothing ever does where there is no chaos.
pub(crate) struct Chaos {
    random: Rng,
    until: Instant,
    link_at: Instant,
    /// The line is down until then.
    line_back_at: Instant,
    power_at: Instant,
    /// The power fails then at last, if nothing was written meanwhile.
    power_off_at: Instant,
}

/// How a link fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkFailure {
    Now,
    /// With the next message, before its answer.
    AfterMessage,
}

/// Between two failures of a link, on average.
const LINK_EVERY: u64 = 300_000;
/// Between two failures of the power, on average.
const POWER_EVERY: u64 = 480_000;
/// The longest time for which a line is down.
const LINE_DOWN: u64 = 120_000;
/// The longest time without power.
const POWER_OFF: u64 = 30_000;
/// The power fails in one of so many writes to come,
const WRITES: u32 = 12;
/// or after this time.
const PATIENCE: Duration = Duration::from_secs(20);

impl Chaos {
    /// Until then things fail.
    pub(crate) fn new(until: Instant, now: Instant, random: Rng) -> Self {
        let mut chaos = Self {
            random,
            until,
            link_at: Instant::NEVER,
            line_back_at: Instant::ZERO,
            power_at: Instant::NEVER,
            power_off_at: Instant::NEVER,
        };
        chaos.link_at = chaos.draw(now, LINK_EVERY);
        chaos.power_at = chaos.draw(now, POWER_EVERY);
        chaos
    }

    pub(crate) fn none() -> Self {
        Self::new(Instant::ZERO, Instant::ZERO, Rng::with_seed(0))
    }

    /// When something fails next, or a line comes back.
    pub(crate) fn next(&self, now: Instant) -> Instant {
        let back = Some(self.line_back_at).filter(|at| *at > now).unwrap_or(Instant::NEVER);
        self.link_at.min(self.power_at).min(self.power_off_at).min(back)
    }

    pub(crate) fn is_line_up(&self, now: Instant) -> bool {
        now >= self.line_back_at
    }

    /// Whether the link fails now.
    pub(crate) fn link_failure(&mut self, now: Instant) -> Option<LinkFailure> {
        if now < self.link_at {
            return None;
        }
        self.link_at = self.draw(now, LINK_EVERY);
        Some(match self.random.u8(0..4) {
            0 => LinkFailure::Now,
            1 => {
                self.line_back_at = now + Duration::from_millis(self.random.u64(0..LINE_DOWN));
                LinkFailure::Now
            }
            _ => LinkFailure::AfterMessage,
        })
    }

    /// Lets the power fail if its time has come.
    pub(crate) fn strike(&mut self, now: Instant, power: &Power) {
        if now >= self.power_at {
            power.cut_in_write(self.random.u32(0..WRITES));
            (self.power_at, self.power_off_at) = (Instant::NEVER, now + PATIENCE);
        }
        if now >= self.power_off_at {
            power.cut();
        }
    }

    /// The power has failed: how long it is gone.
    pub(crate) fn outage(&mut self, now: Instant) -> Duration {
        let outage = Duration::from_millis(self.random.u64(0..POWER_OFF));
        self.power_off_at = Instant::NEVER;
        self.power_at = self.draw(now + outage, POWER_EVERY);
        outage
    }

    fn draw(&mut self, now: Instant, every: u64) -> Instant {
        let wait = -(1.0 - self.random.f64()).ln() * every as f64;
        let at = now + Duration::from_millis(wait as u64);
        if at < self.until { at } else { Instant::NEVER }
    }
}
