//! The clocks of Mbed TLS: a timer, and the date that certificates are held against.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

#[cfg(feature = "certificates")]
use embassy_sync::{blocking_mutex::raw::CriticalSectionRawMutex, signal::Signal};
use embassy_time::Instant;
use embedded_ocpp::time::DateTime;
use mbedtls_rs::sys::hook::timer::{MbedtlsTimer, hook_timer};
use mbedtls_rs::sys::hook::wall_clock::{MbedtlsWallClock, hook_wall_clock};
use mbedtls_rs::sys::{MBEDTLS_X509_BADCERT_FUTURE, mbedtls_ms_time_t, tm};

use crate::Today;

/// When the program has begun, in seconds since 1970; 0 while nobody knows.
static BEGIN: AtomicU32 = AtomicU32::new(0);
/// It is a floor: in truth it is later.
static IS_FLOOR: AtomicBool = AtomicBool::new(false);
/// A certificate has come since that was told.
static IS_AWAITED: AtomicBool = AtomicBool::new(false);

struct Clock;

/// Hands the clocks to Mbed TLS.
pub(crate) fn start() {
    // SAFETY: before there is any session, and for ever
    unsafe {
        hook_timer(Some(&Clock));
        hook_wall_clock(Some(&Clock));
    }
}

pub(crate) fn set(Today { date, floor }: Today) {
    let date = date.filter(|date| Some(*date) >= floor);
    let begin = |now: DateTime| now.as_unix().saturating_sub(Instant::now().as_secs() as u32);
    BEGIN.store(date.or(floor).map_or(0, begin), Relaxed);
    IS_FLOOR.store(date.is_none(), Relaxed);
    IS_AWAITED.store(false, Relaxed);
}

/// Is signalled when a certificate has come that is to be held against the date.
#[cfg(feature = "certificates")]
pub(crate) static WANTED: Signal<CriticalSectionRawMutex, ()> = Signal::new();

/// What is known may be older than the connection: it is to be told anew.
#[cfg(feature = "certificates")]
pub(crate) fn want() {
    IS_AWAITED.store(true, Relaxed);
    WANTED.signal(());
}

/// Whether it has not been told since it was [wanted](want).
#[cfg(feature = "certificates")]
pub(crate) fn is_awaited() -> bool {
    IS_AWAITED.load(Relaxed)
}

/// What is no reason to distrust a certificate, in flags of Mbed TLS.
pub(crate) fn tolerated() -> u32 {
    if IS_FLOOR.load(Relaxed) { MBEDTLS_X509_BADCERT_FUTURE } else { 0 }
}

/// What a certificate is held against; it may be a floor.
pub(crate) fn now() -> Option<DateTime> {
    let begin = Some(BEGIN.load(Relaxed)).filter(|begin| *begin != 0)?;
    Some(DateTime::from_unix(begin.saturating_add(Instant::now().as_secs() as u32)))
}

impl MbedtlsTimer for Clock {
    fn now(&self) -> mbedtls_ms_time_t {
        Instant::now().as_millis() as mbedtls_ms_time_t
    }
}

impl MbedtlsWallClock for Clock {
    fn instant(&self) -> Option<tm> {
        let text = now()?.to_text(); // 2025-01-01T00:00:00Z
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
