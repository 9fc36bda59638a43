//! The model of a day: when people come, for how long, and how much energy they want.

use embedded_ocpp::time::Duration;
use fastrand::Rng;

/// The habits of the people at one connector, everywhere the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Day {
    /// The time of day at which the fleet starts, in seconds.
    pub(crate) from: u32,
    /// How many people come to a connector in 24 hours, on average, if it is always free.
    pub(crate) visits: f64,
}

/// One visit, as it is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Visit {
    pub(crate) stay: Duration,
    /// What the car wants, in Wh.
    pub(crate) energy: u32,
    /// What the car takes, in W.
    pub(crate) power: u32,
    /// Pulls the cable at the end, and shows no card.
    pub(crate) is_hasty: bool,
}

/// What part of the arrivals of a day falls into each hour, in thousandths: people come to work, to lunch and home.
const ARRIVALS: [u32; 24] = [6, 4, 3, 3, 5, 14, 35, 68, 77, 58, 48, 52, 60, 52, 46, 48, 61, 86, 90, 72, 48, 32, 20, 12];

/// On-board chargers: one phase of 16 A and 32 A, three phases of 16 A and 32 A.
const POWERS: [u32; 4] = [3_680, 7_360, 11_040, 22_080];

const HOUR: u64 = 3_600_000;

impl Day {
    /// How long it is from `elapsed` after the start until the next visitor comes to a free connector.
    pub(crate) fn until_arrival(&self, elapsed: Duration, random: &mut Rng) -> Option<Duration> {
        if self.visits <= 0.0 {
            return None;
        }
        // Arrivals at a rate that changes by the hour: an exponential draw, used up hour by hour.
        let mut patience = -(1.0 - random.f64()).ln();
        let beginning = u64::from(self.from) * 1000 + elapsed.as_millis();
        let mut at = beginning;
        loop {
            let share = ARRIVALS[(at / HOUR % 24) as usize];
            let rate = self.visits * f64::from(share) / 1000.0 / HOUR as f64;
            let rest = HOUR - at % HOUR;
            let used = rate * rest as f64;
            if used >= patience {
                at += (patience / rate) as u64;
                return Some(Duration::from_millis(at - beginning));
            }
            patience -= used;
            at += rest;
        }
    }

    /// What the next visitor wants: a stop on the way, a stay over lunch or shopping, or a day at work or a night at home.
    pub(crate) fn visit(random: &mut Rng) -> Visit {
        let (minutes, energy) = match random.u32(0..100) {
            0..40 => (random.u64(5..30), random.u32(2_000..15_000)),
            40..75 => (random.u64(30..150), random.u32(4_000..30_000)),
            _ => (random.u64(180..600), random.u32(8_000..55_000)),
        };
        let stay = Duration::from_millis(minutes * 60_000 + random.u64(0..60_000));
        Visit { stay, energy, power: POWERS[random.usize(0..POWERS.len())], is_hasty: random.u32(0..100) < 30 }
    }
}

#[cfg(test)]
mod tests {
    use super::{ARRIVALS, Day};
    use embedded_ocpp::time::Duration;
    use fastrand::Rng;

    /// 12 visits a day over 4000 days: the hour from 17:00 gets 86 of 1000 of them.
    #[test]
    fn people_come_as_often_and_when_the_model_says() {
        assert_eq!(ARRIVALS.iter().sum::<u32>(), 1000);
        let day = Day { from: 0, visits: 12.0 };
        let mut random = Rng::with_seed(7);
        let (mut elapsed, mut arrivals, mut in_the_evening) = (0, 0_u32, 0_u32);
        while elapsed < 4000 * 86_400_000 {
            elapsed += day.until_arrival(Duration::from_millis(elapsed), &mut random).unwrap().as_millis();
            arrivals += 1;
            in_the_evening += u32::from(elapsed / 3_600_000 % 24 == 17);
        }
        assert!((47_000..49_000).contains(&arrivals), "{arrivals}");
        assert!((3_900..4_360).contains(&in_the_evening), "{in_the_evening}");
    }

    #[test]
    fn the_same_seed_is_the_same_day() {
        let draw = |seed| {
            let mut random = Rng::with_seed(seed);
            (0..20).map(|_| Day::visit(&mut random)).collect::<Vec<_>>()
        };
        assert_eq!(draw(3), draw(3));
        assert_ne!(draw(3), draw(4));
    }
}
