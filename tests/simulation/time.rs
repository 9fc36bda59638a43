//! True time, which nobody in the simulation knows but the simulation itself.

use crate::chance::Chance;

/// Milliseconds since the beginning of the simulated world.
pub(crate) type Moment = u64;

pub(crate) const SECOND: Moment = 1000;
pub(crate) const MINUTE: Moment = 60 * SECOND;
pub(crate) const HOUR: Moment = 60 * MINUTE;
pub(crate) const DAY: Moment = 24 * HOUR;
pub(crate) const NEVER: Moment = Moment::MAX;

/// 2025-01-01T00:00:00Z, in seconds since 1970: the date of the beginning.
const BEGINNING: i64 = 1_735_689_600;

/// The true date, in seconds since 1970.
pub(crate) fn date_of(moment: Moment) -> i64 {
    BEGINNING + (moment / SECOND) as i64
}

impl Chance {
    /// A span between the two.
    pub(crate) fn between(&mut self, least: Moment, most: Moment) -> Moment {
        least + self.below(most - least + 1)
    }

    /// The wait for something that comes at any time, once in `mean` (a Poisson process).
    pub(crate) fn wait(&mut self, mean: Moment) -> Moment {
        let uniform = ((self.next() >> 11) as f64 + 1.0) / (1u64 << 53) as f64;
        (-uniform.ln() * mean as f64) as Moment
    }

    /// A chance of its own for a part of the world, so that no part disturbs the others.
    pub(crate) fn part(&mut self) -> Self {
        Self(self.next())
    }
}
