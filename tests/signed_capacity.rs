//! How many sessions with signed values a journal on flash keeps while there is no connection: what `guide::signed_values`
//! says.

#[path = "support/nor_flash.rs"]
mod nor_flash;
mod support;

use embedded_ocpp::ocpp16::{BeginError, PrintedKey, Reason};
use embedded_ocpp::store::FlashStorage;
use embedded_ocpp::time::{DateTime, Instant};
use embedded_ocpp::transport::Loopback;
use embedded_ocpp::{Boot, ChargePoint, Resources};
use nor_flash::{Esp32, NorFlash};
use support::signer::Signer;
use support::{Evse, leak};

/// How many sessions, each with a value of so many bytes at the beginning and at the end, a journal of so many pages of
/// 4 KiB keeps.
fn sessions(pages: u32, len: usize) -> u32 {
    let signer = Signer::leak();
    signer.len_max.set(len);
    signer.makes(move |_, _| vec![b'.'; len]);
    signer.key.set(Some(PrintedKey::Base16("30".repeat(91).leak()))); // that of P-256
    let evse = Evse::leak();
    let mut closures = evse.closures();
    closures.set_signed_meter(signer);
    let resources = Box::leak(Box::new(Resources::<1>::new()));
    let mut charger = ChargePoint::new(resources, Boot::new("Model", "Vendor")).unwrap();
    evse.connect(&mut charger, 1, closures);
    charger.set_on_reset_execute(leak(|_| {}));
    for (key, value) in [
        ("SampledDataSignReadings", "true"),
        ("StopTxnSampledData", "Energy.Active.Import.Register"),
        ("AllowOfflineTxForUnknownId", "true"),
        ("MeterValueSampleInterval", "0"),
    ] {
        charger.set_factory_configuration(key, value).unwrap();
    }
    let chip: NorFlash<'static, Esp32> = NorFlash::erased((8 + pages) as usize);
    let mut flash = FlashStorage::new(chip, 0..8 * 0x1000, 8 * 0x1000..(8 + pages) * 0x1000).unwrap();
    let mut offline = Loopback::<256>::new();
    offline.disconnect();
    let mut now = 0;
    let mut poll = |charger: &mut ChargePoint<'static>| {
        for _ in 0..40 {
            now += 1000;
            charger.poll(Instant::from_millis(now), &mut offline, &mut flash).unwrap();
        }
    };
    poll(&mut charger);
    let _ = charger.set_date_time(DateTime::from_unix(1_735_689_600));
    for count in 0.. {
        evse.plugged.set(true);
        poll(&mut charger);
        match charger.begin_transaction("04A1B2C3D4E5F6", 1) {
            Err(BeginError::JournalFull) => return count,
            begun => begun.unwrap(),
        }
        poll(&mut charger);
        assert!(charger.permits_charge(1), "session {count} does not start");
        charger.end_transaction(None, Reason::Local, 1).unwrap();
        poll(&mut charger);
        evse.plugged.set(false);
        poll(&mut charger);
        assert_eq!(charger.waiting_messages(), 2 * (count + 1));
    }
    unreachable!()
}

#[test]
fn smv_12_what_the_guide_says_of_the_journal() {
    let rows: String = [300, 900, 1875]
        .iter()
        .map(|len| format!("| {len} | {} | {} |\n", sessions(16, *len), sessions(64, *len)))
        .collect();
    assert!(include_str!("../src/guide/signed_values.md").contains(&rows), "\n{rows}");
}
