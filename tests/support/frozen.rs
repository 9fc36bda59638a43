use embedded_ocpp::Instant;
use embedded_ocpp::facade::Timer;
use std::future::pending;

/// A clock that stands still.
pub(crate) struct Frozen;

impl Timer for Frozen {
    fn now(&self) -> Instant {
        Instant::ZERO
    }

    async fn sleep_until(&self, at: Instant) {
        if at > Instant::ZERO {
            pending::<()>().await;
        }
    }
}
