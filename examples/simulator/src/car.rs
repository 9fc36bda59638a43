//! The EV at a connector: what it takes of what it may have.

use embedded_ocpp::time::{Duration, Instant};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Car {
    /// What it can take, in A on each phase.
    pub a: f64,
    pub phases: u8,
    /// How full its battery is, in %.
    pub soc: f64,
    /// The battery, in kWh.
    pub kwh: f64,
    /// What flows now, in A on each phase.
    #[serde(skip)]
    flows: f64,
    #[serde(skip)]
    advanced_at: Option<Instant>,
    /// The meter was told what to show; the car has no say until it is another one.
    #[serde(skip)]
    is_overruled: bool,
}

/// Less than this no EV charges with (IEC 61851-1).
const LEAST_A: f64 = 6.0;
/// How fast the current rises and falls, in A/s.
const SLOPE: f64 = 8.0;
/// From here on it takes less and less, in %.
const NEARLY_FULL: f64 = 80.0;

impl Car {
    pub(crate) fn new(a: f64, phases: u8, soc: f64, kwh: f64) -> Self {
        Self { a, phases, soc, kwh, flows: 0.0, advanced_at: None, is_overruled: false }
    }

    pub(crate) fn overrule(&mut self) {
        self.is_overruled = true;
    }

    pub(crate) fn is_overruled(&self) -> bool {
        self.is_overruled
    }

    /// Lets time pass. `limit` is what it may take on each phase, `None` for nothing at all. Returns W and A.
    pub(crate) fn advance(&mut self, now: Instant, limit: Option<f64>, voltage: f64) -> (f64, f64) {
        let elapsed = self.advanced_at.replace(now).map_or(Duration::from_millis(0), |before| now.since(before));
        let seconds = elapsed.as_millis() as f64 / 1000.0;
        let wanted = limit.map_or(0.0, |limit| limit.min(self.appetite()));
        let wanted = if wanted < LEAST_A { 0.0 } else { wanted };
        let step = SLOPE * seconds;
        self.flows = match limit {
            None => 0.0, // the contactor is open
            Some(_) => self.flows + (wanted - self.flows).clamp(-step, step),
        };
        let watts = self.flows * voltage * f64::from(self.phases);
        self.soc = (self.soc + watts * seconds / 3600.0 / (self.kwh * 10.0)).min(100.0);
        (watts, self.flows)
    }

    /// As it is shown: a battery is told in whole per cent.
    pub(crate) fn shown(&self) -> Self {
        Self { soc: self.soc.floor(), flows: 0.0, advanced_at: None, ..self.clone() }
    }

    fn appetite(&self) -> f64 {
        let left = (100.0 - self.soc) / (100.0 - NEARLY_FULL);
        if self.soc >= 100.0 { 0.0 } else { (self.a * left.clamp(0.0, 1.0)).max(LEAST_A) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(car: &mut Car, seconds: u64, limit: Option<f64>) -> (f64, f64) {
        (0..=seconds * 10).map(|tick| car.advance(Instant::from_millis(tick * 100), limit, 230.0)).last().unwrap()
    }

    #[test]
    fn it_takes_what_it_can_and_never_more_than_it_may() {
        let mut car = Car::new(16.0, 3, 50.0, 60.0);
        assert_eq!(after(&mut car, 5, Some(32.0)), (11_040.0, 16.0));
        assert_eq!(after(&mut Car::new(16.0, 3, 50.0, 60.0), 5, Some(10.0)), (6_900.0, 10.0));
        assert_eq!(after(&mut Car::new(16.0, 3, 50.0, 60.0), 5, Some(5.9)), (0.0, 0.0));
        assert_eq!(after(&mut Car::new(16.0, 3, 100.0, 60.0), 5, Some(32.0)), (0.0, 0.0));
        assert_eq!(car.advance(Instant::from_secs(9), None, 230.0), (0.0, 0.0));
    }

    #[test]
    fn one_hour_at_eleven_kilowatts_fills_a_fifth_of_a_battery_of_fifty_five() {
        let mut car = Car::new(16.0, 3, 20.0, 55.2);
        after(&mut car, 3602, Some(16.0));
        assert!((car.soc - 40.0).abs() < 0.1, "{}", car.soc);
    }
}
