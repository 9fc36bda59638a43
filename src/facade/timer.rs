//! The clock that the runner is driven by.

use crate::time::Instant;

/// The clock of the platform.
#[allow(async_fn_in_trait)] // the futures need not be `Send`: the core runs on one executor
pub trait Timer {
    /// Monotonic time.
    fn now(&self) -> Instant;

    /// Waits until `at`. May be dropped at any time.
    async fn sleep_until(&self, at: Instant);
}

/// The clock of `embassy-time`.
#[cfg(feature = "embassy-time")]
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EmbassyTimer;

#[cfg(feature = "embassy-time")]
impl Timer for EmbassyTimer {
    fn now(&self) -> Instant {
        Instant::from_millis(embassy_time::Instant::now().as_millis())
    }

    async fn sleep_until(&self, at: Instant) {
        let at = embassy_time::Instant::try_from_millis(at.as_millis()).unwrap_or(embassy_time::Instant::MAX);
        embassy_time::Timer::at(at).await;
    }
}
