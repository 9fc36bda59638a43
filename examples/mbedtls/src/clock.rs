//! The clocks of Mbed TLS: a timer, and the date of the handshake that is about to begin.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use embassy_time::Instant;
use embedded_ocpp::time::DateTime;
use mbedtls_rs::sys::hook::timer::{MbedtlsTimer, hook_timer};
use mbedtls_rs::sys::hook::wall_clock::{MbedtlsWallClock, hook_wall_clock};
use mbedtls_rs::sys::{mbedtls_ms_time_t, tm};

/// In seconds since 1970 at the last [`set`]; 0 while nobody knows.
static DATE: AtomicU32 = AtomicU32::new(0);

struct Clock;

/// Hands the clocks to Mbed TLS.
pub(crate) fn start() {
    // SAFETY: before there is any session, and for ever
    unsafe {
        hook_timer(Some(&Clock));
        hook_wall_clock(Some(&Clock));
    }
}

/// Sets the date for a handshake that is about to begin.
pub(crate) fn set(date: Option<DateTime>) {
    DATE.store(date.map_or(0, DateTime::as_unix), Relaxed);
}

impl MbedtlsTimer for Clock {
    fn now(&self) -> mbedtls_ms_time_t {
        Instant::now().as_millis() as mbedtls_ms_time_t
    }
}

impl MbedtlsWallClock for Clock {
    fn instant(&self) -> Option<tm> {
        let unix = Some(DATE.load(Relaxed)).filter(|&unix| unix != 0)?;
        let text = DateTime::from_unix(unix).to_text(); // 2025-01-01T00:00:00Z
        let number = |at: usize, len: usize| {
            text.iter().skip(at).take(len).fold(0, |number, digit| number * 10 + i32::from(digit & 0x0f))
        };
        Some(tm {
            tm_year: number(0, 4) - 1900,
            tm_mon: number(5, 2) - 1,
            tm_mday: number(8, 2),
            tm_hour: number(11, 2),
            tm_min: number(14, 2),
            tm_sec: number(17, 2),
            ..Default::default()
        })
    }
}
