//! SEC: SignedUpdateFirmware (security whitepaper L01).

mod support;

use embedded_ocpp::ChargePoint;
use embedded_ocpp::ocpp16::{FirmwareVerifier, InstallationStatus, SignerVerdict, TransferStatus};
use embedded_ocpp::store::registry::FIRMWARE_UPDATE;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::task::Poll;
use support::{Timeline, bench, date, leak};

/// A firmware that is updated. It outlives every boot of a test.
struct Updater {
    trusts: Cell<Poll<SignerVerdict>>,
    verifies: Cell<Poll<bool>>,
    download: Cell<TransferStatus>,
    installation: Cell<Option<InstallationStatus>>,
    certificate: RefCell<Vec<u8>>,
    signature: RefCell<Vec<u8>>,
    told: RefCell<Vec<String>>,
    version: Cell<&'static str>,
}

impl FirmwareVerifier for Updater {
    fn begin(&self) -> bool {
        self.certificate.borrow_mut().clear();
        self.signature.borrow_mut().clear();
        true
    }

    fn certificate(&self, piece: &[u8]) -> bool {
        self.certificate.borrow_mut().extend_from_slice(piece);
        true
    }

    fn signature(&self, piece: &[u8]) -> bool {
        self.signature.borrow_mut().extend_from_slice(piece);
        true
    }

    fn abort(&self) {
        self.told.borrow_mut().push("aborted".to_owned());
    }

    fn is_trusted(&self) -> Poll<SignerVerdict> {
        self.trusts.get()
    }

    fn verify(&self) -> Poll<bool> {
        self.verifies.get()
    }
}

thread_local! {
    static UPDATER: &'static Updater = leak(Updater {
        trusts: Cell::new(Poll::Ready(SignerVerdict::Trusted)),
        verifies: Cell::new(Poll::Ready(true)),
        download: Cell::new(TransferStatus::Running),
        installation: Cell::new(Some(InstallationStatus::Running)),
        certificate: RefCell::default(),
        signature: RefCell::default(),
        told: RefCell::default(),
        version: Cell::new("1"),
    });
}

fn updater() -> &'static Updater {
    UPDATER.with(|updater| *updater)
}

fn updates(charger: &mut ChargePoint<'static>) {
    let updater = updater();
    charger.set_on_download(leak(|location: &str| updater.told.borrow_mut().push(format!("download {location}"))));
    charger.set_download_status_input(leak(|| updater.download.get()));
    charger.set_on_install(leak(|| updater.told.borrow_mut().push("install".to_owned())));
    if updater.installation.get().is_some() {
        charger.set_installation_status_input(leak(|| updater.installation.get().unwrap()));
    }
}

fn verifies(charger: &mut ChargePoint<'static>) {
    updates(charger);
    charger.set_firmware_verifier(updater());
}

fn accepted() -> Timeline {
    bench().configure(verifies).version(|| updater().version.get()).booted()
}

const LOCATION: &str = "https://files.example/firmware.bin";
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

fn request(id: i32) -> Value {
    json!({"requestId": id, "firmware": {
        "location": LOCATION,
        "retrieveDateTime": date(0),
        "signingCertificate": CERTIFICATE,
        "signature": "c2lnbmVk",
    }})
}

fn with(mut request: Value, field: &str, value: Value) -> Value {
    request["firmware"][field] = value;
    request
}

fn expect(t: &mut Timeline, status: &str, id: i32) {
    let call = t.expect_call("SignedFirmwareStatusNotification", json!({}));
    assert_eq!(call.payload, json!({"status": status, "requestId": id}));
    call.answer(json!({}));
}

fn downloaded(t: &mut Timeline, id: i32) {
    updater().download.set(TransferStatus::Done);
    t.wait(1);
    expect(t, "Downloaded", id);
}

fn unavailable(t: &mut Timeline) {
    for connector in [0, 1] {
        t.may_report(connector, "Unavailable");
    }
}

#[test]
fn sec_33_sec_34_the_whole_chain() {
    let mut t = accepted();
    t.call("SignedUpdateFirmware", request(42)).expect("Accepted");
    assert_eq!(*updater().certificate.borrow(), CERTIFICATE.as_bytes());
    assert_eq!(*updater().signature.borrow(), b"signed");
    expect(&mut t, "Downloading", 42);
    downloaded(&mut t, 42);
    expect(&mut t, "SignatureVerified", 42);
    unavailable(&mut t);
    expect(&mut t, "Installing", 42);
    unavailable(&mut t);
    assert_eq!(*updater().told.borrow(), [format!("download {LOCATION}"), "install".to_owned()]);
    updater().installation.set(Some(InstallationStatus::Installed));
    t.wait(1);
    for connector in [0, 1] {
        t.may_report(connector, "Available");
    }
    expect(&mut t, "Installed", 42);
    for connector in [0, 1] {
        t.may_report(connector, "Available");
    }
    t.at(5000).expect_nothing();
    assert!(!t.flash.records.contains_key(&FIRMWARE_UPDATE), "no password stays on the device");
}

#[test]
fn sec_33_a_wrong_signature_ends_it_with_an_event() {
    let mut t = accepted();
    t.call("SignedUpdateFirmware", request(7)).expect("Accepted");
    expect(&mut t, "Downloading", 7);
    updater().verifies.set(Poll::Pending);
    downloaded(&mut t, 7);
    t.wait(5).expect_nothing();
    updater().verifies.set(Poll::Ready(false));
    t.wait(1);
    t.expect_event("InvalidFirmwareSignature");
    expect(&mut t, "InvalidSignature", 7);
    t.at(5000).expect_nothing();
    assert!(!updater().told.borrow().contains(&"install".to_owned()));
}

#[test]
fn sec_32_a_certificate_that_may_not_sign() {
    let mut t = accepted();
    updater().trusts.set(Poll::Ready(SignerVerdict::Invalid));
    t.call("SignedUpdateFirmware", request(1)).expect("InvalidCertificate");
    t.expect_event("InvalidFirmwareSigningCertificate");
    updater().trusts.set(Poll::Ready(SignerVerdict::Revoked));
    t.call("SignedUpdateFirmware", request(1)).expect("RevokedCertificate");
    updater().trusts.set(Poll::Ready(SignerVerdict::Failed));
    t.call("SignedUpdateFirmware", request(1)).expect("Rejected");
    assert_eq!(updater().told.take(), ["aborted", "aborted", "aborted"]);
    t.at(1000).expect_nothing();
}

#[test]
fn sec_32_the_firmware_may_take_its_time_to_look_at_it() {
    let mut t = accepted();
    updater().trusts.set(Poll::Pending);
    let id = t.call("SignedUpdateFirmware", request(1)).later();
    t.at(10).expect_nothing();
    updater().trusts.set(Poll::Ready(SignerVerdict::Trusted));
    t.wait(1);
    t.expect_answer(&id, json!({"status": "Accepted"}));
    expect(&mut t, "Downloading", 1);
    // Where the link goes before it has, nothing is accepted.
    let mut t = accepted();
    updater().told.take();
    updater().trusts.set(Poll::Pending);
    t.call("SignedUpdateFirmware", request(2)).later();
    t.link_down();
    assert_eq!(updater().told.take(), ["aborted"]);
    updater().trusts.set(Poll::Ready(SignerVerdict::Trusted));
    t.at(100).link_up();
    t.at(1000).expect_nothing();
}

#[test]
fn sec_35_it_waits_for_its_dates_and_for_transactions() {
    let mut t = accepted();
    let request = with(request(9), "retrieveDateTime", json!(date(1000)));
    t.call("SignedUpdateFirmware", with(request, "installDateTime", json!(date(2000)))).expect("Accepted");
    expect(&mut t, "DownloadScheduled", 9);
    t.at(999).expect_nothing();
    t.at(1000);
    expect(&mut t, "Downloading", 9);
    downloaded(&mut t, 9);
    expect(&mut t, "SignatureVerified", 9);
    expect(&mut t, "InstallScheduled", 9);
    t.start_charging(1, "TAG", 5);
    t.at(1999).expect_nothing();
    t.at(2000);
    t.may_report(0, "Unavailable");
    t.at(3000);
    t.card_again(1, "TAG").unwrap();
    unavailable(&mut t);
    t.expect_stop(json!({"reason": "Local"}));
    unavailable(&mut t);
    expect(&mut t, "Installing", 9);
    unavailable(&mut t);
}

#[test]
fn sec_36_another_request_takes_its_place_until_it_is_installed() {
    let mut t = accepted();
    t.call("SignedUpdateFirmware", request(1)).expect("Accepted");
    expect(&mut t, "Downloading", 1);
    t.call("SignedUpdateFirmware", request(2)).expect("AcceptedCanceled");
    expect(&mut t, "Downloading", 2);
    downloaded(&mut t, 2);
    expect(&mut t, "SignatureVerified", 2);
    unavailable(&mut t);
    expect(&mut t, "Installing", 2);
    unavailable(&mut t);
    t.call("SignedUpdateFirmware", request(3)).expect("Rejected");
}

#[test]
fn sec_37_who_verifies_takes_no_unsigned_update_unless_the_firmware_says_so() {
    let plain = json!({"location": LOCATION, "retrieveDate": date(0)});
    let mut t = accepted();
    t.call("UpdateFirmware", plain.clone()).expect_error("NotSupported");
    t.charger().accept_unsigned_updates(true);
    t.call("UpdateFirmware", plain).expect_result(json!({}));
    t.expect_call("FirmwareStatusNotification", json!({"status": "Downloading"})).answer(json!({}));
    // And who does not takes no signed one.
    let mut t = bench().configure(updates).booted();
    t.call("SignedUpdateFirmware", request(1)).expect_error("NotSupported");
}

#[test]
fn sec_38_a_trigger_tells_the_last_status_or_idle() {
    let mut t = accepted();
    let trigger = |t: &mut Timeline, status: Value| {
        t.call("ExtendedTriggerMessage", json!({"requestedMessage": "FirmwareStatusNotification"})).expect("Accepted");
        let call = t.expect_call("SignedFirmwareStatusNotification", json!({}));
        assert_eq!(call.payload, status);
        call.answer(json!({}));
    };
    trigger(&mut t, json!({"status": "Idle"}));
    t.call("SignedUpdateFirmware", request(4)).expect("Accepted");
    expect(&mut t, "Downloading", 4);
    trigger(&mut t, json!({"status": "Downloading", "requestId": 4}));
    t.call("TriggerMessage", json!({"requestedMessage": "FirmwareStatusNotification"})).expect("Accepted");
    t.expect_call("FirmwareStatusNotification", json!({"status": "Downloading"})).answer(json!({}));
    updater().verifies.set(Poll::Ready(false));
    updater().download.set(TransferStatus::Done);
    t.wait(1);
    t.expect_event("InvalidFirmwareSignature");
    expect(&mut t, "Downloaded", 4);
    expect(&mut t, "InvalidSignature", 4);
    trigger(&mut t, json!({"status": "InvalidSignature", "requestId": 4}));
}

#[test]
fn sec_55_the_id_outlives_reboots() {
    let mut t = accepted();
    updater().installation.set(None);
    t.reboot();
    t.boot();
    t.call("SignedUpdateFirmware", request(11)).expect("Accepted");
    expect(&mut t, "Downloading", 11);
    // In the middle of the download it begins anew.
    t.reboot();
    t.boot();
    expect(&mut t, "Downloading", 11);
    downloaded(&mut t, 11);
    expect(&mut t, "SignatureVerified", 11);
    unavailable(&mut t);
    expect(&mut t, "Installing", 11);
    unavailable(&mut t);
    updater().version.set("2");
    t.reboot();
    t.accept_boot();
    t.expect_event("FirmwareUpdated");
    t.expect_available();
    expect(&mut t, "Installed", 11);
    t.at(5000).expect_nothing();
}

#[test]
fn sec_55_a_record_that_makes_no_sense_tells_nothing() {
    // InvalidSignature (12) of an update that is not signed, and Downloaded, nothing, InstallRebooting of one that is.
    for (untold, id) in [(0xd, None), (0xa01, Some(7))] {
        let mut t = accepted();
        t.power_cut();
        let mut buffer = [0; 16];
        let mut writer = embedded_ocpp::store::record::RecordWriter::new(&mut buffer);
        writer.byte(2); // an update that is over
        writer.unsigned(untold);
        writer.text("");
        if let Some(id) = id {
            writer.signed(id);
        }
        let len = writer.finish(FIRMWARE_UPDATE).unwrap();
        t.flash.records.insert(FIRMWARE_UPDATE, buffer[..len].to_vec());
        t.power_on();
        t.link_up();
        t.boot();
        t.at(1000).expect_nothing();
    }
}

#[test]
fn sec_60_a_long_certificate_comes_in_pieces_and_a_foreign_transport_is_told() {
    let long = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", "MIIB".repeat(1300));
    assert!(long.len() <= 5500 && long.len() > 5000);
    let request = with(request(3), "signingCertificate", json!(long));
    let mut t = accepted();
    t.wire.part_max = 200;
    t.call("SignedUpdateFirmware", request.clone()).expect("Accepted");
    assert_eq!(*updater().certificate.borrow(), long.as_bytes());
    expect(&mut t, "Downloading", 3);
    let mut t = accepted();
    t.call("SignedUpdateFirmware", request).expect("Rejected");
}

#[test]
fn sec_43_a_request_is_checked() {
    let mut t = accepted();
    for (payload, code) in [
        (json!({"requestId": 1}), "OccurenceConstraintViolation"),
        (with(request(1), "signature", json!(5)), "TypeConstraintViolation"),
        (with(request(1), "signature", json!("no base64!")), "PropertyConstraintViolation"),
        (with(request(1), "location", json!("x".repeat(513))), "PropertyConstraintViolation"),
        (with(request(1), "signingCertificate", json!("x".repeat(5501))), "InternalError"),
        (with(request(1), "more", json!(1)), "FormationViolation"),
    ] {
        if payload.to_string().len() < 2000 {
            t.call("SignedUpdateFirmware", payload).expect_error(code);
        }
    }
    t.at(1000).expect_nothing();
}
