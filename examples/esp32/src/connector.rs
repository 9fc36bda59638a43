//! The connector at work: its relay, its lamp, and the cards that are shown to it.

use crate::meter::Meter;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_time::Timer;
use embedded_ocpp::facade::Handle;
use embedded_ocpp::ocpp16::Reason;
use esp_hal::gpio::{Input, Output};
use esp_hal::rtc_cntl::Rwdt;

/// All that uses the charge point is in one task, so the mutex has nothing to do.
pub type Ocpp<'s, 'a> = Handle<'s, 'a, NoopRawMutex>;

pub const CONNECTOR: u8 = 1;
const CARD: &str = "04A1B2C3D4E5F6";

/// Closes the relay while energy may flow.
pub async fn power(ocpp: Ocpp<'_, '_>, mut relay: Output<'_>, mut lamp: Output<'_>, mut watchdog: Rwdt, meter: &Meter) {
    const TURN_MS: u64 = 50;
    loop {
        let (permitted, accepted) = ocpp.with(|ocpp| (ocpp.permits_charge(CONNECTOR), ocpp.is_accepted()));
        relay.set_level(permitted.into());
        lamp.set_level((!accepted).into());
        watchdog.feed();
        Timer::after_millis(TURN_MS).await;
        if permitted {
            meter.count(TURN_MS);
        }
    }
}

/// The button stands for a card: pressed once to begin, once more to end.
pub async fn cards(ocpp: Ocpp<'_, '_>, button: Input<'_>) {
    loop {
        while button.is_high() {
            Timer::after_millis(20).await;
        }
        ocpp.with(|ocpp| {
            if ocpp.is_transaction_active(CONNECTOR) {
                if let Err(refused) = ocpp.end_transaction(Some(CARD), Reason::Local, CONNECTOR) {
                    defmt::warn!("not ended: {}", refused);
                }
            } else if let Err(refused) = ocpp.begin_transaction(CARD, CONNECTOR) {
                defmt::warn!("not begun: {}", refused);
            }
        });
        while button.is_low() {
            Timer::after_millis(20).await;
        }
    }
}
