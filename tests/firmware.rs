//! FW: the central system has the charge point update its firmware (OCPP 1.6 §4.5, §5.19, errata 3.48, 3.49, 3.63).
#![cfg(feature = "firmware-management")]

mod support;

use embedded_ocpp::ChargePoint;
use embedded_ocpp::ocpp16::{BeginError, FileTransferProtocol, FirmwareStatus, InstallationStatus, TransferStatus};
use embedded_ocpp::store::registry::FIRMWARE_UPDATE;
use serde_json::json;
use std::cell::{Cell, RefCell};
use support::{Bench, Event, Timeline, bench, date, leak};

/// What the firmware has for updates, and what it was told. It outlives every boot of a test.
struct Updater {
    version: Cell<&'static str>,
    download: Cell<TransferStatus>,
    installation: Cell<InstallationStatus>,
    locations: RefCell<Vec<String>>,
    installs: Cell<u32>,
    asked: Cell<u32>,
}

thread_local! {
    static UPDATER: &'static Updater = leak(Updater {
        version: Cell::new("1.0"),
        download: Cell::new(TransferStatus::Running),
        installation: Cell::new(InstallationStatus::Running),
        locations: RefCell::default(),
        installs: Cell::new(0),
        asked: Cell::new(0),
    });
}

fn updater() -> &'static Updater {
    UPDATER.with(|updater| *updater)
}

fn outputs(charger: &mut ChargePoint<'static>) {
    let updater = updater();
    charger.set_on_download(leak(|location: &str| updater.locations.borrow_mut().push(location.to_owned())));
    charger.set_download_status_input(leak(|| {
        updater.asked.set(updater.asked.get() + 1);
        updater.download.get()
    }));
    charger.set_on_install(leak(|| updater.installs.set(updater.installs.get() + 1)));
    charger.set_file_transfer_protocols(&[FileTransferProtocol::Https, FileTransferProtocol::Ftp]);
}

fn all(charger: &mut ChargePoint<'static>) {
    outputs(charger);
    let updater = updater();
    charger.set_installation_status_input(leak(|| updater.installation.get()));
}

/// The firmware installs at a reboot of its own, and does not say how far it is.
fn by_reboot() -> Bench {
    bench().configure(outputs).version(|| updater().version.get())
}

fn updatable() -> Bench {
    bench().configure(all).version(|| updater().version.get())
}

const LOCATION: &str = "https://files.example/fw.bin";

fn update(t: &mut Timeline, from: u64) {
    t.call("UpdateFirmware", json!({"location": LOCATION, "retrieveDate": date(from)})).expect_result(json!({}));
}

fn expect(t: &mut Timeline, status: &str) {
    t.expect_call("FirmwareStatusNotification", json!({ "status": status })).answer(json!({}));
}

fn download_is(t: &mut Timeline, status: TransferStatus) {
    updater().download.set(status);
    t.wait(1);
}

fn installation_is(t: &mut Timeline, status: InstallationStatus) {
    updater().installation.set(status);
    t.wait(1);
}

/// One that is downloading since 10 s.
fn downloading(bench: Bench) -> Timeline {
    let mut t = bench.booted();
    t.at(10);
    update(&mut t, 0);
    expect(&mut t, "Downloading");
    t
}

/// One that is installing since 10 s, alone and idle.
fn installing(bench: Bench) -> Timeline {
    let mut t = downloading(bench);
    download_is(&mut t, TransferStatus::Done);
    expect(&mut t, "Downloaded");
    t.expect_status(1, "Unavailable");
    expect(&mut t, "Installing");
    assert_eq!(updater().installs.get(), 1);
    t
}

fn record(t: &Timeline) -> bool {
    t.flash.records.contains_key(&FIRMWARE_UPDATE)
}

fn profiles(t: &mut Timeline) -> String {
    let result = t.call("GetConfiguration", json!({"key": ["SupportedFeatureProfiles"]})).result();
    result["configurationKey"][0]["value"].as_str().unwrap().to_owned()
}

// ---- The request ----

#[test]
fn fw_01_it_is_answered_at_once_and_loaded_at_its_date() {
    let mut t = updatable().booted();
    t.at(10);
    update(&mut t, 100);
    assert_eq!(t.charger().firmware_status(), FirmwareStatus::Idle);
    t.at_ms(99_999).expect_nothing();
    assert!(updater().locations.borrow().is_empty());
    t.at(100);
    assert_eq!(*updater().locations.borrow(), [LOCATION]);
    expect(&mut t, "Downloading");
    assert_eq!(t.charger().firmware_status(), FirmwareStatus::Downloading);
}

#[test]
fn fw_01_a_date_that_has_passed_is_now_however_long_ago() {
    for past in
        ["1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "2024-12-31T23:59:59.999+01:00"]
    {
        let mut t = updatable().booted();
        t.at(10).call("UpdateFirmware", json!({"location": LOCATION, "retrieveDate": past})).expect_result(json!({}));
        expect(&mut t, "Downloading");
    }
}

#[test]
fn fw_01_a_date_in_the_far_future_never_comes() {
    let mut t = updatable().booted();
    for future in ["2200-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
        t.call("UpdateFirmware", json!({"location": LOCATION, "retrieveDate": future})).expect_result(json!({}));
    }
    t.stall(80_000).expect_nothing();
    assert!(updater().locations.borrow().is_empty());
}

#[test]
fn fw_01_the_answer_comes_when_the_request_is_durable() {
    let mut t = updatable().booted();
    t.take_log();
    t.at(10);
    update(&mut t, 100);
    let log = t.take_log();
    assert_eq!(log[0], Event::Stored(FIRMWARE_UPDATE));
    assert!(matches!(&log[1], Event::Sent(answer) if answer.starts_with("[3,")), "{log:?}");
}

#[test]
fn fw_01_a_device_that_fails_for_a_while_delays_the_answer_and_one_that_goes_on_refuses() {
    let mut t = updatable().booted();
    t.flash.failing_stores = 1;
    let request = json!({"location": LOCATION, "retrieveDate": date(100)});
    let id = t.at(10).call("UpdateFirmware", request.clone()).later();
    t.expect_nothing();
    t.wait(5).expect_answer(&id, json!({}));
    t.flash.failing_stores = 3;
    let id = t.at(20).call("UpdateFirmware", json!({"location": "ftp://other", "retrieveDate": date(50)})).later();
    t.wait(5);
    assert!(matches!(t.next_frame(), Some(support::Frame::Error { id: found, code, .. })
        if found == id && code == "InternalError"));
    // What the record holds goes on.
    t.at(100);
    assert_eq!(*updater().locations.borrow(), [LOCATION]);
    expect(&mut t, "Downloading");
    t.take_errors();
}

#[test]
fn fw_01_requests_that_are_wrong() {
    let mut t = updatable().booted();
    let date = date(100);
    for (request, error) in [
        (json!({"location": LOCATION}), "OccurenceConstraintViolation"),
        (json!({"retrieveDate": date}), "OccurenceConstraintViolation"),
        (json!({"location": 1, "retrieveDate": date}), "TypeConstraintViolation"),
        (json!({"location": LOCATION, "retrieveDate": "soon"}), "PropertyConstraintViolation"),
        (json!({"location": LOCATION, "retrieveDate": "2025-02-30T00:00:00Z"}), "PropertyConstraintViolation"),
        (json!({"location": LOCATION, "retrieveDate": date, "retries": "3"}), "TypeConstraintViolation"),
        (json!({"location": LOCATION, "retrieveDate": date, "retries": 1.5}), "TypeConstraintViolation"),
        (json!({"location": LOCATION, "retrieveDate": date, "more": 1}), "FormationViolation"),
        (json!({"location": "", "retrieveDate": date}), "PropertyConstraintViolation"),
        (json!({"location": "http://a b", "retrieveDate": date}), "PropertyConstraintViolation"),
        (json!({"location": "http://a\r\nHost: b", "retrieveDate": date}), "PropertyConstraintViolation"),
        (json!({"location": "http://a\u{0}", "retrieveDate": date}), "PropertyConstraintViolation"),
    ] {
        t.call("UpdateFirmware", request).expect_error(error);
    }
    assert!(!record(&t));
    t.at(1000).expect_nothing();
}

#[test]
fn fw_01_a_presigned_location_fits_and_one_that_does_not_is_refused() {
    let mut t = updatable().booted();
    let long = |len: usize| format!("https://{}", "x".repeat(len - 8));
    // 512 bytes of record: 18 or fewer of them are not the location.
    t.call("UpdateFirmware", json!({"location": long(513), "retrieveDate": date(0)}))
        .expect_error("PropertyConstraintViolation");
    t.call("UpdateFirmware", json!({"location": long(1500), "retrieveDate": date(0)}))
        .expect_error("PropertyConstraintViolation");
    t.call("UpdateFirmware", json!({"location": long(494), "retrieveDate": date(0)})).expect_result(json!({}));
    expect(&mut t, "Downloading");
    assert_eq!(*updater().locations.borrow(), [long(494)]);
}

#[test]
fn fw_01_escapes_in_the_location_are_none_for_the_firmware() {
    let mut t = updatable().booted();
    let id = "7";
    t.send(&format!(
        r#"[2,"{id}","UpdateFirmware",{{"location":"ftp:\/\/us\u0065r:p%40ss@host\/a","retrieveDate":"{}"}}]"#,
        date(0)
    ));
    t.expect_answer(id, json!({}));
    expect(&mut t, "Downloading");
    assert_eq!(*updater().locations.borrow(), ["ftp://user:p%40ss@host/a"]);
}

#[test]
fn fw_01_without_outputs_there_is_no_such_profile() {
    let mut t = bench().booted();
    t.call("UpdateFirmware", json!({"location": LOCATION, "retrieveDate": date(0)})).expect_error("NotSupported");
    assert!(!profiles(&mut t).contains("FirmwareManagement"));
    drop(t);
    assert!(profiles(&mut updatable().booted()).contains("FirmwareManagement"));
}

#[test]
fn key_46_dg_06_the_protocols_are_those_of_the_firmware() {
    let mut t = updatable().booted();
    let key = json!({"key": ["SupportedFileTransferProtocols"]});
    let found = t.call("GetConfiguration", key).result();
    let expected = json!({"key": "SupportedFileTransferProtocols", "readonly": true, "value": "FTP,HTTPS"});
    assert_eq!(found["configurationKey"][0], expected);
    t.change_key("SupportedFileTransferProtocols", "FTP", "Rejected");
}

// ---- Downloads ----

#[test]
fn fw_02_the_whole_chain() {
    let mut t = installing(updatable());
    t.at(60).expect_nothing();
    installation_is(&mut t, InstallationStatus::Installed);
    t.expect_status(1, "Available");
    expect(&mut t, "Installed");
    assert_eq!(t.charger().firmware_status(), FirmwareStatus::Idle);
    assert!(!record(&t), "nothing is left");
    t.at(1000).expect_nothing();
    assert_eq!(*updater().locations.borrow(), [LOCATION]);
    assert_eq!(updater().installs.get(), 1);
}

#[test]
fn fw_02_an_installation_that_fails() {
    let mut t = installing(updatable());
    installation_is(&mut t, InstallationStatus::Failed);
    t.expect_status(1, "Available");
    expect(&mut t, "InstallationFailed");
    assert!(!record(&t));
    t.at(1000).expect_nothing();
}

#[test]
fn fw_02_the_firmware_is_asked_while_it_loads_and_not_else() {
    let mut t = updatable().booted();
    t.at(10).expect_nothing();
    assert_eq!(updater().asked.get(), 0);
    update(&mut t, 0);
    expect(&mut t, "Downloading");
    let before = updater().asked.get();
    t.at(11).expect_nothing();
    assert_eq!(updater().asked.get() - before, 100);
    download_is(&mut t, TransferStatus::Done);
    expect(&mut t, "Downloaded");
    t.expect_status(1, "Unavailable");
    expect(&mut t, "Installing");
    let before = updater().asked.get();
    t.at(20).expect_nothing();
    assert_eq!(updater().asked.get(), before);
}

#[test]
fn fw_03_fw_04_each_further_try_comes_after_the_interval_and_is_told() {
    let mut t = updatable().booted();
    updater().download.set(TransferStatus::Failed);
    let request = json!({"location": LOCATION, "retrieveDate": date(0), "retries": 2, "retryInterval": 45});
    t.at(10).call("UpdateFirmware", request).expect_result(json!({}));
    expect(&mut t, "Downloading");
    expect(&mut t, "DownloadFailed");
    for at in [55, 100] {
        t.at(at - 1).expect_nothing();
        t.at(at);
        expect(&mut t, "Downloading");
        expect(&mut t, "DownloadFailed");
    }
    assert!(!record(&t));
    t.at(10_000).expect_nothing();
    assert_eq!(updater().locations.borrow().len(), 3);
}

#[test]
fn fw_03_three_retries_a_minute_apart_when_the_central_system_does_not_say() {
    let mut t = updatable().booted();
    updater().download.set(TransferStatus::Failed);
    t.at(10);
    update(&mut t, 0);
    for at in [10, 70, 130, 190] {
        t.wait(60);
        assert_eq!(t.seconds(), at);
        expect(&mut t, "Downloading");
        expect(&mut t, "DownloadFailed");
    }
    t.at(10_000).expect_nothing();
}

#[test]
fn fw_03_numbers_at_their_limits() {
    for (retries, interval, second_at) in
        [(0, 0, None), (-1, 1, None), (i32::MIN, 5, None), (1, 0, Some(11)), (1, -7, Some(11))]
    {
        let mut t = updatable().booted();
        updater().download.set(TransferStatus::Failed);
        let request =
            json!({"location": LOCATION, "retrieveDate": date(0), "retries": retries, "retryInterval": interval});
        t.at(10).call("UpdateFirmware", request).expect_result(json!({}));
        for at in [Some(10), second_at].into_iter().flatten() {
            t.wait(1);
            assert_eq!(t.seconds(), at);
            expect(&mut t, "Downloading");
            expect(&mut t, "DownloadFailed");
        }
        t.at(5000).expect_nothing();
    }
    let mut t = updatable().booted();
    let request =
        json!({"location": LOCATION, "retrieveDate": date(0), "retries": i32::MAX, "retryInterval": i32::MAX});
    t.at(10).call("UpdateFirmware", request).expect_result(json!({}));
    expect(&mut t, "Downloading");
    expect(&mut t, "DownloadFailed");
    t.stall(80_000).expect_nothing();
}

#[test]
fn fw_04_a_try_that_succeeds_after_one_that_has_failed() {
    let mut t = downloading(updatable());
    download_is(&mut t, TransferStatus::Failed);
    expect(&mut t, "DownloadFailed");
    assert_eq!(t.charger().firmware_status(), FirmwareStatus::DownloadFailed);
    updater().download.set(TransferStatus::Running);
    t.wait(61);
    expect(&mut t, "Downloading");
    download_is(&mut t, TransferStatus::Done);
    expect(&mut t, "Downloaded");
    t.expect_status(1, "Unavailable");
    expect(&mut t, "Installing");
}

#[test]
fn fw_03_a_location_that_cannot_be_read_back_is_a_try_that_has_failed() {
    let mut t = updatable().booted();
    let request = json!({"location": LOCATION, "retrieveDate": date(100), "retries": 1, "retryInterval": 45});
    t.at(10).call("UpdateFirmware", request).expect_result(json!({}));
    t.flash.failing_loads = 3;
    t.wait(100);
    assert!(t.seconds() >= 100);
    expect(&mut t, "DownloadFailed");
    assert!(updater().locations.borrow().is_empty());
    t.wait(60);
    expect(&mut t, "Downloading");
    assert_eq!(*updater().locations.borrow(), [LOCATION]);
    t.take_errors();
}

// ---- The link ----

#[test]
fn fw_01_without_a_link_no_try_is_wasted() {
    let mut t = updatable().booted();
    t.at(10);
    update(&mut t, 100);
    t.at(50).link_down();
    t.at(200).expect_nothing();
    assert!(updater().locations.borrow().is_empty());
    t.link_up();
    expect(&mut t, "Downloading");
}

#[test]
fn fw_04_what_the_link_has_swallowed_is_told_again_in_its_order() {
    let mut t = updatable().booted();
    t.at(10);
    update(&mut t, 0);
    let _ = t.expect_call("FirmwareStatusNotification", json!({"status": "Downloading"})).ignore();
    t.at(11).link_down();
    updater().download.set(TransferStatus::Done);
    t.at(12).expect_nothing();
    t.at(20).link_up();
    t.expect_status(1, "Unavailable");
    for status in ["Downloading", "Downloaded", "Installing"] {
        expect(&mut t, status);
    }
}

#[test]
fn fw_04_a_status_that_is_refused_is_not_told_again_and_one_that_nobody_answers_waits_for_the_next() {
    let mut t = updatable().booted();
    t.at(10);
    update(&mut t, 0);
    t.expect_call("FirmwareStatusNotification", json!({"status": "Downloading"})).refuse("InternalError");
    download_is(&mut t, TransferStatus::Failed);
    let _ = t.expect_call("FirmwareStatusNotification", json!({"status": "DownloadFailed"})).ignore();
    updater().download.set(TransferStatus::Running);
    t.at(69).expect_nothing();
    t.wait(10);
    expect(&mut t, "DownloadFailed");
    expect(&mut t, "Downloading");
}

#[test]
fn fw_04_one_that_nobody_answers_holds_up_the_later_ones_until_another_call_is_answered() {
    let mut t = updatable().booted();
    t.at(10);
    update(&mut t, 0);
    let _ = t.expect_call("FirmwareStatusNotification", json!({"status": "Downloading"})).ignore();
    download_is(&mut t, TransferStatus::Failed);
    updater().download.set(TransferStatus::Running);
    t.at(60).expect_nothing();
    t.plug(1);
    t.expect_status(1, "Preparing");
    expect(&mut t, "DownloadFailed");
}

#[test]
fn fw_07_the_installation_waits_30_s_for_the_central_system_to_hear_of_it() {
    let mut t = downloading(updatable().key("MessageTimeout", "60"));
    download_is(&mut t, TransferStatus::Done);
    let _ = t.expect_call("FirmwareStatusNotification", json!({"status": "Downloaded"})).ignore();
    t.at(39).expect_nothing();
    assert_eq!(updater().installs.get(), 0);
    t.at(42).expect_nothing();
    assert_eq!(updater().installs.get(), 1);
}

#[test]
fn fw_07_what_could_not_be_told_before_the_reboot_is_told_after_it() {
    let mut t = downloading(by_reboot());
    t.link_down();
    updater().download.set(TransferStatus::Done);
    t.at(11).expect_nothing();
    assert_eq!(updater().installs.get(), 1);
    updater().version.set("2.0");
    t.at(60).reboot();
    t.boot();
    for status in ["Downloaded", "Installing", "Installed"] {
        expect(&mut t, status);
    }
    assert!(!record(&t));
}

#[test]
fn fw_07_a_failure_that_could_not_be_told_before_a_power_cut_is_told_after_it_once() {
    let mut t = updatable().booted();
    let request = json!({"location": LOCATION, "retrieveDate": date(0), "retries": 0});
    t.at(10).call("UpdateFirmware", request).expect_result(json!({}));
    expect(&mut t, "Downloading");
    t.link_down();
    updater().download.set(TransferStatus::Failed);
    t.at(11).expect_nothing();
    t.at(20).reboot();
    t.boot();
    expect(&mut t, "DownloadFailed");
    t.at(30).reboot();
    t.boot();
    t.at(100).expect_nothing();
}

#[test]
fn fw_07_the_oldest_of_too_many_statuses_go() {
    let mut t = updatable().booted();
    updater().download.set(TransferStatus::Failed);
    let request = json!({"location": LOCATION, "retrieveDate": date(0), "retries": 9, "retryInterval": 1});
    t.at(10).call("UpdateFirmware", request).expect_result(json!({}));
    let _ = t.expect_call("FirmwareStatusNotification", json!({"status": "Downloading"})).ignore();
    t.at(20).link_down();
    t.at(30).link_up();
    let mut told = Vec::new();
    while let Some(support::Frame::Call { id, payload, .. }) = t.next_frame() {
        t.answer(&id, json!({}));
        told.push(payload["status"].as_str().unwrap().to_owned());
    }
    assert!((6..=8).contains(&told.len()), "{told:?}");
    assert_eq!(told.last().unwrap(), "DownloadFailed");
}

// ---- Sessions ----

#[test]
fn fw_05_it_waits_for_the_end_of_a_transaction_and_nobody_begins_another() {
    let mut t = updatable().two_connectors().booted();
    t.at(10).start_charging(1, "TAG", 42);
    t.at(20);
    update(&mut t, 0);
    expect(&mut t, "Downloading");
    assert!(t.charger().is_operative(2));
    download_is(&mut t, TransferStatus::Done);
    expect(&mut t, "Downloaded");
    t.expect_status(2, "Unavailable");
    assert_eq!(t.try_card(2, "OTHER"), Err(BeginError::Inoperative));
    t.call("RemoteStartTransaction", json!({"idTag": "OTHER"})).expect("Rejected");
    assert_eq!(t.charger().firmware_status(), FirmwareStatus::Downloaded);
    t.at(3000).expect_nothing();
    assert_eq!(updater().installs.get(), 0);
    t.card_again(1, "TAG").unwrap();
    t.expect_stop(json!({}));
    t.expect_status(1, "Unavailable");
    expect(&mut t, "Installing");
    assert_eq!(updater().installs.get(), 1);
    t.unplug(1);
    installation_is(&mut t, InstallationStatus::Installed);
    t.expect_status(1, "Available");
    t.expect_status(2, "Available");
    expect(&mut t, "Installed");
    t.plug(2);
    t.expect_status(2, "Preparing");
    t.accepted_card(2, "OTHER");
    t.expect_call("StartTransaction", json!({})).start(43, "Accepted");
    t.expect_status(2, "Charging");
}

/// Errata 3.49 wants it while the installation waits; a connector that goes out of service before the download is told to be
/// over puzzles everybody.
#[test]
fn fw_05_connectors_are_in_service_until_the_central_system_has_heard_of_the_download() {
    let mut t = downloading(updatable());
    t.at(500).expect_nothing();
    assert!(t.charger().is_operative(1) && t.try_card(1, "") == Err(BeginError::InvalidIdTag));
    updater().download.set(TransferStatus::Done);
    let told = t.wait(1).expect_call("FirmwareStatusNotification", json!({"status": "Downloaded"})).ignore();
    assert!(t.charger().is_operative(1));
    t.answer(&told, json!({}));
    t.expect_status(1, "Unavailable");
    expect(&mut t, "Installing");
    assert_eq!(updater().installs.get(), 1);
}

#[test]
fn fw_05_without_a_link_nobody_is_waited_for() {
    let mut t = downloading(updatable());
    t.link_down();
    updater().download.set(TransferStatus::Done);
    t.at(1000).expect_nothing();
    assert!(!t.charger().is_operative(1) && updater().installs.get() == 1);
}

#[test]
fn fw_05_what_the_central_system_wants_of_availability_holds_afterwards() {
    let mut t = installing(updatable());
    t.call("ChangeAvailability", json!({"connectorId": 1, "type": "Inoperative"})).expect("Accepted");
    installation_is(&mut t, InstallationStatus::Installed);
    expect(&mut t, "Installed");
    assert!(!t.charger().is_operative(1));
    t.call("ChangeAvailability", json!({"connectorId": 1, "type": "Operative"})).expect("Accepted");
    t.expect_status(1, "Available");
}

#[test]
fn fw_05_st_12_unavailable_for_an_update_does_not_outlive_the_reboot() {
    let mut t = installing(by_reboot());
    t.at(60).reboot();
    t.boot();
    expect(&mut t, "InstallationFailed");
}

// ---- Reboots ----

#[test]
fn fw_06_a_new_version_after_the_reboot_is_installed() {
    let mut t = installing(by_reboot());
    t.at(3600).expect_nothing();
    assert_eq!(t.charger().firmware_status(), FirmwareStatus::Installing);
    updater().version.set("2.0");
    t.reboot();
    let conf = json!({"status": "Accepted", "currentTime": date(3600), "interval": 86_400});
    t.expect_call("BootNotification", json!({"firmwareVersion": "2.0"})).answer(conf);
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    expect(&mut t, "Installed");
    t.at(4000).reboot();
    t.boot();
    t.at(5000).expect_nothing();
}

#[test]
fn fw_06_the_old_version_after_the_reboot_is_a_failure() {
    let mut t = installing(updatable());
    t.at(60).reboot();
    t.boot();
    expect(&mut t, "InstallationFailed");
    t.at(1000).expect_nothing();
    assert_eq!(updater().installs.get(), 1);
}

#[test]
fn fw_06_power_cuts_before_it_is_told_change_nothing() {
    let mut t = installing(by_reboot());
    updater().version.set("2.0");
    t.at(60).power_cut();
    t.power_on(); // without a link
    t.at(70).power_cut();
    t.power_on();
    t.at(80).reboot();
    t.boot();
    let _ = t.expect_call("FirmwareStatusNotification", json!({"status": "Installed"})).ignore();
    t.at(90).reboot();
    t.boot();
    expect(&mut t, "Installed");
}

#[test]
fn fw_06_what_is_to_be_known_after_the_reboot_is_durable_before_the_installation() {
    let mut t = downloading(updatable());
    t.flash.failing_stores = 4;
    download_is(&mut t, TransferStatus::Done);
    expect(&mut t, "Downloaded");
    t.expect_status(1, "Unavailable");
    expect(&mut t, "Installing");
    assert_eq!(updater().installs.get(), 0);
    t.at(20).expect_nothing();
    assert_eq!(updater().installs.get(), 1);
    t.take_errors();
}

#[test]
fn fw_08_fw_01_a_waiting_update_survives_a_reboot_and_waits_for_the_clock() {
    let mut t = updatable().booted();
    t.at(10);
    update(&mut t, 100);
    t.at(20).power_cut();
    t.power_on();
    t.at(200).expect_nothing();
    assert!(updater().locations.borrow().is_empty(), "the time is not known");
    t.link_up();
    t.boot();
    expect(&mut t, "Downloading");
    assert_eq!(*updater().locations.borrow(), [LOCATION]);
}

#[test]
fn fw_01_so_does_one_that_runs_or_waits_for_its_next_try_or_for_a_session() {
    for status in [TransferStatus::Running, TransferStatus::Failed, TransferStatus::Done] {
        let mut t = updatable().booted();
        updater().locations.take();
        updater().download.set(status);
        t.at(10).card(1, "TAG"); // a session, so that nothing is installed
        t.expect_call("Authorize", json!({})).accept_tag();
        t.expect_status(1, "Preparing");
        update(&mut t, 0);
        expect(&mut t, "Downloading");
        match status {
            TransferStatus::Running => {}
            TransferStatus::Failed => expect(&mut t, "DownloadFailed"),
            TransferStatus::Done => expect(&mut t, "Downloaded"),
        }
        updater().download.set(TransferStatus::Running);
        t.at(20).reboot();
        t.boot();
        expect(&mut t, "Downloading");
        assert_eq!(*updater().locations.borrow(), [LOCATION, LOCATION]);
        assert_eq!(updater().installs.get(), 0);
    }
}

#[test]
fn fw_01_a_damaged_record_is_no_update() {
    let mut t = updatable().booted();
    t.at(10);
    update(&mut t, 100);
    let record = t.flash.records.get(&FIRMWARE_UPDATE).unwrap().clone();
    for damaged in 0..record.len() {
        t.power_cut();
        let mut bytes = record.clone();
        bytes[damaged] ^= 0x55;
        t.flash.records.insert(FIRMWARE_UPDATE, bytes);
        t.power_on();
        t.link_up();
        t.boot();
        t.stall(t.seconds() + 100).expect_nothing();
    }
    assert!(updater().locations.borrow().is_empty());
}

// ---- Two requests ----

#[test]
fn fw_08_a_later_request_replaces_one_that_waits() {
    let mut t = updatable().booted();
    t.at(10);
    update(&mut t, 100);
    let other = json!({"location": "ftp://other", "retrieveDate": date(200)});
    t.at(20).call("UpdateFirmware", other).expect_result(json!({}));
    t.at(199).expect_nothing();
    t.at(200);
    expect(&mut t, "Downloading");
    assert_eq!(*updater().locations.borrow(), ["ftp://other"]);
}

#[test]
fn fw_08_and_one_that_is_loading_or_waits_for_a_session() {
    let mut t = downloading(updatable());
    let other = json!({"location": "ftp://other", "retrieveDate": date(0)});
    t.at(20).call("UpdateFirmware", other.clone()).expect_result(json!({}));
    expect(&mut t, "Downloading");
    assert_eq!(*updater().locations.borrow(), [LOCATION, "ftp://other"]);
    t.start_charging(1, "TAG", 42);
    download_is(&mut t, TransferStatus::Done);
    expect(&mut t, "Downloaded");
    updater().download.set(TransferStatus::Running);
    t.at(40);
    update(&mut t, 0);
    expect(&mut t, "Downloading");
    assert!(t.charger().is_operative(1), "in service again");
    t.at(50).stop_charging(1, "TAG");
    t.at(60).expect_nothing();
    assert_eq!(updater().installs.get(), 0);
}

#[test]
fn fw_08_but_not_one_that_is_being_installed() {
    let mut t = installing(updatable());
    let other = json!({"location": "ftp://other", "retrieveDate": date(0)});
    t.at(20).call("UpdateFirmware", other).expect_refusal("InternalError", "installing");
    installation_is(&mut t, InstallationStatus::Installed);
    t.expect_status(1, "Available");
    expect(&mut t, "Installed");
}

#[test]
fn fw_08_an_answer_that_was_lost_with_the_link_leaves_the_one_or_the_other() {
    for failing_stores in [0, 1] {
        let mut t = updatable().booted();
        updater().locations.take();
        t.at(10);
        update(&mut t, 100);
        t.flash.failing_stores = failing_stores;
        let other = json!({"location": "ftp://other", "retrieveDate": date(50)});
        let call = json!([2, "lost", "UpdateFirmware", other]).to_string();
        t.wire.incoming.push_back(call.into_bytes());
        t.wire.busy = 1 - failing_stores;
        t.settle();
        t.wire.outgoing.clear();
        t.link_down();
        t.link_up();
        let (expected, at) = if failing_stores == 0 { ("ftp://other", 50) } else { (LOCATION, 100) };
        t.at(at);
        expect(&mut t, "Downloading");
        assert_eq!(*updater().locations.borrow(), [expected]);
        t.take_errors();
    }
}

// ---- Reset ----

#[test]
fn rst_07_no_reset_while_the_firmware_is_being_written() {
    let mut t = installing(updatable());
    for kind in ["Soft", "Hard"] {
        t.call("Reset", json!({ "type": kind })).expect("Rejected");
    }
    assert!(t.resets.borrow().is_empty());
    installation_is(&mut t, InstallationStatus::Installed);
    t.expect_status(1, "Available");
    expect(&mut t, "Installed");
    t.call("Reset", json!({"type": "Hard"})).expect("Accepted");
    assert_eq!(*t.resets.borrow(), ["Hard"]);
}

#[test]
fn rst_07_fw_06_where_the_firmware_does_not_say_a_reset_helps() {
    let mut t = installing(by_reboot());
    t.at(20).call("Reset", json!({"type": "Hard"})).expect("Accepted");
    assert_eq!(*t.resets.borrow(), ["Hard"]);
}

#[test]
fn rst_07_fw_05_a_reset_that_is_under_way_comes_before_the_installation() {
    let mut t = downloading(updatable());
    t.link_down();
    t.at(11).link_up();
    t.at(12).call("Reset", json!({"type": "Hard"})).expect("Accepted");
    updater().download.set(TransferStatus::Done);
    t.wait(1);
    expect(&mut t, "Downloaded");
    t.expect_status(1, "Unavailable");
    assert_eq!(updater().installs.get(), 0);
    updater().download.set(TransferStatus::Running);
    t.reboot();
    t.boot();
    expect(&mut t, "Downloading");
}

// ---- Triggers ----

#[cfg(feature = "remote-trigger")]
fn trigger(t: &mut Timeline, status: &str) {
    t.call("TriggerMessage", json!({"requestedMessage": "FirmwareStatusNotification"})).expect("Accepted");
    expect(t, status);
}

#[cfg(feature = "remote-trigger")]
#[test]
fn trg_02_trg_07_a_trigger_tells_the_present_state() {
    let mut t = updatable().booted();
    trigger(&mut t, "Idle");
    t.at(10);
    update(&mut t, 100);
    trigger(&mut t, "Idle");
    t.at(100);
    expect(&mut t, "Downloading");
    trigger(&mut t, "Downloading");
    download_is(&mut t, TransferStatus::Failed);
    expect(&mut t, "DownloadFailed");
    trigger(&mut t, "DownloadFailed");
    t.at(120).start_charging(1, "TAG", 42);
    updater().download.set(TransferStatus::Done);
    t.wait(60);
    expect(&mut t, "Downloading");
    expect(&mut t, "Downloaded");
    trigger(&mut t, "Downloaded");
    t.at(200).card_again(1, "TAG").unwrap();
    t.expect_stop(json!({}));
    t.expect_status(1, "Unavailable");
    expect(&mut t, "Installing");
    trigger(&mut t, "Installing");
    installation_is(&mut t, InstallationStatus::Installed);
    t.may_report(1, "Preparing");
    expect(&mut t, "Installed");
    trigger(&mut t, "Idle");
    t.at(210).expect_nothing();
}

#[cfg(feature = "remote-trigger")]
#[test]
fn trg_02_before_acceptance_too_and_nothing_but_what_was_asked_for() {
    let mut t = updatable().booted();
    t.at(10);
    let request = json!({"location": LOCATION, "retrieveDate": date(0), "retries": 0});
    t.call("UpdateFirmware", request).expect_result(json!({}));
    expect(&mut t, "Downloading");
    t.link_down();
    updater().download.set(TransferStatus::Failed);
    t.at(20).reboot();
    t.register("Pending", 300);
    t.at(30).expect_nothing();
    trigger(&mut t, "Idle");
    t.at(320);
    t.boot();
    expect(&mut t, "DownloadFailed");
}

// ---- Power cuts ----

/// Answers whatever the charge point says; its firmware statuses.
fn serve(t: &mut Timeline, told: &mut Vec<String>) -> bool {
    let mut is_answered = false;
    while let Some(frame) = t.next_frame() {
        let support::Frame::Call { id, action, payload } = frame else {
            is_answered = true;
            continue;
        };
        if action == "FirmwareStatusNotification" {
            told.push(payload["status"].as_str().unwrap().to_owned());
        }
        let conf = match action.as_str() {
            "BootNotification" => {
                json!({"status": "Accepted", "currentTime": date(t.seconds()), "interval": 86_400})
            }
            _ => json!({}),
        };
        if t.wire.connected {
            t.answer(&id, conf);
        }
    }
    is_answered
}

#[test]
fn fw_06_fw_07_a_power_cut_after_any_step_loses_no_update_and_installs_none_twice() {
    let mut last = false;
    for steps in 0.. {
        let updater = updater();
        updater.version.set("1.0");
        updater.installs.set(0);
        let mut t = by_reboot().booted();
        updater.download.set(TransferStatus::Done);
        t.power.fails_after(steps);
        let mut told = Vec::new();
        t.send(&json!([2, "u", "UpdateFirmware", {"location": LOCATION, "retrieveDate": date(0)}]).to_string());
        let is_promised = serve(&mut t, &mut told);
        last = last || !t.power.is_off();
        for reboot in 0..3 {
            if updater.installs.get() > 0 {
                updater.version.set("2.0");
            }
            let now = t.seconds() + 60;
            t.power_cut();
            t.wire.outgoing.clear();
            t.stall(now);
            t.power_on();
            t.link_up();
            serve(&mut t, &mut told);
            if reboot == 2 {
                assert!(updater.installs.get() <= 1, "{steps}: {told:?}");
                assert!(!record(&t), "{steps}: nothing is left");
                // A cut right before the installation is one that has failed: the version is the old one.
                let end = told.last().map_or("", |status| status.as_str());
                match updater.installs.get() {
                    0 if is_promised => assert_eq!(end, "InstallationFailed", "{steps}: {told:?}"),
                    0 => assert!(matches!(end, "" | "InstallationFailed"), "{steps}: {told:?}"),
                    _ => assert_eq!(end, "Installed", "{steps}: {told:?}"),
                }
            }
        }
        t.take_errors();
        if last {
            assert!(steps > 6, "{steps}");
            return;
        }
    }
}
