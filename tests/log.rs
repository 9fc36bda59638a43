//! The lines that the crate writes through `log`.

mod support;

use embedded_ocpp::store::RamStorage;
use embedded_ocpp::transport::Loopback;
use embedded_ocpp::{Boot, ChargePoint, Instant, Resources};
use log::{Level, LevelFilter, Log, Metadata, Record};
use std::sync::Mutex;
use support::booted;
use support::meter_only::MeterOnly;

struct Lines(Mutex<Vec<(Level, String)>>);

static LINES: Lines = Lines(Mutex::new(Vec::new()));

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        assert!(record.target().starts_with("embedded_ocpp"), "{}", record.target());
        self.0.lock().unwrap().push((record.level(), record.args().to_string()));
    }

    fn flush(&self) {}
}

fn lines(level: Level) -> Vec<String> {
    let lines = std::mem::take(&mut *LINES.0.lock().unwrap());
    lines.into_iter().filter_map(|(of, line)| (of == level).then_some(line)).collect()
}

#[test]
fn a_session_and_what_is_missing_are_logged() {
    log::set_logger(&LINES).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let mut t = booted();
    assert_eq!(lines(Level::Info), ["connected", "BootNotification: Accepted"]);
    t.start_charging(1, "TAG", 42);
    t.stop_charging(1, "TAG");
    assert_eq!(lines(Level::Info), ["connector 1: transaction runs", "connector 1: transaction over"]);

    let mut resources = Resources::<1>::new();
    let mut charger = ChargePoint::new(&mut resources, Boot::new("Model", "Vendor")).unwrap();
    charger.set_hardware(&MeterOnly, 1).unwrap();
    let polled = charger.poll(Instant::ZERO, &mut Loopback::<64>::new(), &mut RamStorage::<64>::new());
    assert!(polled.is_err());
    assert_eq!(lines(Level::Warn), ["nothing works: set_on_reset_execute was not called"]);
}
