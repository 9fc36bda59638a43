//! DG: the central system has the charge point upload its diagnostics (OCPP 1.6 §4.4, §5.9, errata 3.31, 3.50, 3.90).
#![cfg(feature = "firmware-management")]

mod support;

use embedded_ocpp::ChargePoint;
use embedded_ocpp::ocpp16::{DiagnosticsRequest, DiagnosticsStatus, TransferStatus};
use embedded_ocpp::store::registry::DIAGNOSTICS;
use serde_json::json;
use std::cell::{Cell, RefCell};
use support::{Bench, Event, Frame, Timeline, bench, date, leak};

/// What the firmware has to upload, and what it was told. It outlives every boot of a test.
struct Uploader {
    file_name: RefCell<Option<&'static str>>,
    status: Cell<TransferStatus>,
    /// What a name was wanted for, and what was to be uploaded.
    named: RefCell<Vec<String>>,
    uploads: RefCell<Vec<String>>,
}

thread_local! {
    static UPLOADER: &'static Uploader = leak(Uploader {
        file_name: RefCell::new(Some("log.txt")),
        status: Cell::new(TransferStatus::Running),
        named: RefCell::default(),
        uploads: RefCell::default(),
    });
}

fn uploader() -> &'static Uploader {
    UPLOADER.with(|uploader| *uploader)
}

fn text(request: &DiagnosticsRequest<'_>) -> String {
    let date = |date: Option<embedded_ocpp::time::DateTime>| date.map_or("-".to_owned(), |date| date.to_string());
    format!("{} {} {}", request.location, date(request.start_time), date(request.stop_time))
}

fn by_output(charger: &mut ChargePoint<'static>) {
    let uploader = uploader();
    charger.set_diagnostics_file_name_input(leak(|request: &DiagnosticsRequest<'_>| {
        uploader.named.borrow_mut().push(text(request));
        *uploader.file_name.borrow()
    }));
    charger.set_on_upload(leak(|request: &DiagnosticsRequest<'_>, file_name: &str| {
        uploader.uploads.borrow_mut().push(format!("{} {file_name}", text(request)));
    }));
}

fn all(charger: &mut ChargePoint<'static>) {
    by_output(charger);
    let uploader = uploader();
    charger.set_upload_status_input(leak(|| uploader.status.get()));
}

fn uploads() -> Bench {
    bench().configure(all)
}

const LOCATION: &str = "ftp://user:p%40ss@files.example/logs/";

fn ask(t: &mut Timeline) {
    t.call("GetDiagnostics", json!({ "location": LOCATION })).expect_result(json!({"fileName": "log.txt"}));
}

fn expect(t: &mut Timeline, status: &str) {
    t.expect_call("DiagnosticsStatusNotification", json!({ "status": status })).answer(json!({}));
}

fn upload_is(t: &mut Timeline, status: TransferStatus) {
    uploader().status.set(status);
    t.wait(1);
}

fn uploading() -> Timeline {
    let mut t = uploads().booted();
    t.at(10);
    ask(&mut t);
    expect(&mut t, "Uploading");
    t
}

// ---- The request ----

#[test]
fn dg_01_dg_02_one_file_is_named_and_uploaded() {
    let mut t = uploading();
    assert_eq!(t.charger().diagnostics_status(), DiagnosticsStatus::Uploading);
    upload_is(&mut t, TransferStatus::Done);
    expect(&mut t, "Uploaded");
    assert_eq!(t.charger().diagnostics_status(), DiagnosticsStatus::Idle);
    assert_eq!(*uploader().uploads.borrow(), [format!("{LOCATION} - - log.txt")]);
    assert!(!t.flash.records.contains_key(&DIAGNOSTICS), "no password stays on the device");
    t.at(1000).expect_nothing();
}

#[test]
fn dg_01_nothing_to_upload_has_no_name() {
    let mut t = uploads().booted();
    *uploader().file_name.borrow_mut() = None;
    t.at(10).call("GetDiagnostics", json!({ "location": LOCATION })).expect_result(json!({}));
    assert_eq!(uploader().named.borrow().len(), 1);
    t.at(1000).expect_nothing();
    assert!(uploader().uploads.borrow().is_empty());
    assert!(!t.flash.records.contains_key(&DIAGNOSTICS));
}

#[test]
fn dg_01_without_outputs_there_is_no_such_profile() {
    let mut t = bench().booted();
    t.call("GetDiagnostics", json!({ "location": LOCATION })).expect_error("NotSupported");
}

#[test]
fn dg_01_a_firmware_that_only_updates_has_nothing_to_upload() {
    let only_updates = |charger: &mut ChargePoint<'static>| {
        charger.set_on_download(leak(|_: &str| {}));
        charger.set_on_install(leak(|| {}));
    };
    let mut t = bench().configure(only_updates).booted();
    t.call("GetDiagnostics", json!({ "location": LOCATION })).expect_result(json!({}));
    drop(t);
    let mut t = uploads().booted();
    let update = json!({"location": LOCATION, "retrieveDate": date(0)});
    t.call("UpdateFirmware", update).expect_error("NotSupported");
}

#[test]
fn dg_01_a_name_has_255_characters_at_most() {
    for (len, found) in [(255, 255), (256, 255), (600, 255)] {
        let mut t = uploads().booted();
        *uploader().file_name.borrow_mut() = Some("ä".repeat(len).leak());
        t.at(10)
            .call("GetDiagnostics", json!({ "location": LOCATION }))
            .expect_result(json!({"fileName": "ä".repeat(found)}));
        expect(&mut t, "Uploading");
    }
}

#[test]
fn dg_03_the_times_limit_what_is_uploaded_and_none_is_all() {
    for (start, stop, expected) in [
        (None, None, "- -"),
        (Some("2025-01-01T01:00:00+01:00"), None, "2025-01-01T00:00:00Z -"),
        (None, Some("2025-01-01T00:00:59.9Z"), "- 2025-01-01T00:00:59Z"),
        (Some("2024-02-29T00:00:00Z"), Some("2025-01-01T00:00:00Z"), "2024-02-29T00:00:00Z 2025-01-01T00:00:00Z"),
        // Dates that have no place are taken as the nearest that has one.
        (Some("1900-01-01T00:00:00Z"), Some("9999-12-31T23:59:59Z"), "1970-01-01T00:00:01Z 2106-02-07T06:28:15Z"),
    ] {
        let mut t = uploads().booted();
        uploader().named.take();
        uploader().uploads.take();
        let request = json!({"location": LOCATION, "startTime": start, "stopTime": stop});
        t.at(10).call("GetDiagnostics", request).expect_result(json!({"fileName": "log.txt"}));
        expect(&mut t, "Uploading");
        assert_eq!(*uploader().named.borrow(), [format!("{LOCATION} {expected}")]);
        assert_eq!(*uploader().uploads.borrow(), [format!("{LOCATION} {expected} log.txt")]);
    }
}

#[test]
fn dg_01_requests_that_are_wrong() {
    let mut t = uploads().booted();
    for (request, error) in [
        (json!({}), "OccurenceConstraintViolation"),
        (json!({"location": true}), "TypeConstraintViolation"),
        (json!({"location": ""}), "PropertyConstraintViolation"),
        (json!({"location": "ftp://a\nb"}), "PropertyConstraintViolation"),
        (json!({"location": "x".repeat(600)}), "PropertyConstraintViolation"),
        (json!({"location": LOCATION, "startTime": "yesterday"}), "PropertyConstraintViolation"),
        (json!({"location": LOCATION, "stopTime": 5}), "TypeConstraintViolation"),
        (json!({"location": LOCATION, "retries": 1e3}), "TypeConstraintViolation"),
        (json!({"location": LOCATION, "file": 1}), "FormationViolation"),
    ] {
        t.call("GetDiagnostics", request).expect_error(error);
    }
    assert!(uploader().named.borrow().is_empty());
    t.at(1000).expect_nothing();
}

#[test]
fn dg_01_the_device_is_waited_for_and_one_that_goes_on_failing_refuses() {
    let mut t = uploads().booted();
    t.flash.failing_stores = 2;
    let id = t.at(10).call("GetDiagnostics", json!({ "location": LOCATION })).later();
    t.wait(5).expect_answer(&id, json!({"fileName": "log.txt"}));
    expect(&mut t, "Uploading");
    upload_is(&mut t, TransferStatus::Done);
    expect(&mut t, "Uploaded");
    t.flash.failing_stores = 3;
    let id = t.at(20).call("GetDiagnostics", json!({ "location": LOCATION })).later();
    t.wait(5);
    assert!(matches!(t.next_frame(), Some(Frame::Error { id: found, code, description })
        if found == id && code == "InternalError" && description == "device failed"));
    t.at(1000).expect_nothing();
    assert_eq!(uploader().uploads.borrow().len(), 1);
    t.take_errors();
}

#[test]
fn dg_01_msg_12_the_messages_that_wait_are_not_harmed() {
    let mut t = uploads().booted();
    t.at(10).link_down();
    t.plug(1);
    t.charger().begin_transaction_authorized("TAG", 1).unwrap();
    t.settle();
    t.at(20).link_up();
    let start = t.expect_call("StartTransaction", json!({"idTag": "TAG"})).ignore();
    ask(&mut t);
    t.at(25).link_down();
    t.at(30).link_up();
    t.may_report(1, "Charging");
    while let Some(Frame::Call { id, action, payload }) = t.next_frame() {
        if action == "StartTransaction" {
            assert_eq!((id.as_str(), &payload["idTag"]), (start.as_str(), &json!("TAG")));
            t.answer(&id, json!({"transactionId": 1, "idTagInfo": {"status": "Accepted"}}));
            break;
        }
        t.answer(&id, json!({}));
    }
    while let Some(Frame::Call { id, .. }) = t.next_frame() {
        t.answer(&id, json!({}));
    }
}

// ---- Uploads ----

#[test]
fn dg_02_an_output_that_does_it_all_needs_no_input() {
    let mut t = bench().configure(by_output).booted();
    t.at(10);
    ask(&mut t);
    expect(&mut t, "Uploading");
    expect(&mut t, "Uploaded");
}

#[test]
fn dg_04_each_further_try_comes_after_the_interval_and_is_told() {
    let mut t = uploads().booted();
    uploader().status.set(TransferStatus::Failed);
    let request = json!({"location": LOCATION, "retries": 2, "retryInterval": 45, "startTime": date(5)});
    t.at(10).call("GetDiagnostics", request).expect_result(json!({"fileName": "log.txt"}));
    for at in [10, 55, 100] {
        t.wait(60);
        assert_eq!(t.seconds(), at);
        expect(&mut t, "Uploading");
        expect(&mut t, "UploadFailed");
    }
    t.at(1000).expect_nothing();
    let upload = format!("{LOCATION} {} - log.txt", date(5));
    assert_eq!(*uploader().uploads.borrow(), [&*upload; 3]);
    assert!(!t.flash.records.contains_key(&DIAGNOSTICS));
}

#[test]
fn dg_04_three_retries_a_minute_apart_when_the_central_system_does_not_say() {
    let mut t = uploads().booted();
    uploader().status.set(TransferStatus::Failed);
    t.at(10);
    ask(&mut t);
    for at in [10, 70, 130, 190] {
        t.wait(60);
        assert_eq!(t.seconds(), at);
        expect(&mut t, "Uploading");
        expect(&mut t, "UploadFailed");
    }
    t.at(1000).expect_nothing();
}

#[test]
fn dg_04_no_retry_is_no_retry() {
    let mut t = uploads().booted();
    uploader().status.set(TransferStatus::Failed);
    let request = json!({"location": LOCATION, "retries": 0});
    t.at(10).call("GetDiagnostics", request).expect_result(json!({"fileName": "log.txt"}));
    expect(&mut t, "Uploading");
    expect(&mut t, "UploadFailed");
    t.at(1000).expect_nothing();
}

#[test]
fn dg_02_what_the_link_has_swallowed_is_told_again_in_its_order() {
    let mut t = uploads().booted();
    t.at(10);
    ask(&mut t);
    let _ = t.expect_call("DiagnosticsStatusNotification", json!({"status": "Uploading"})).ignore();
    t.at(11).link_down();
    uploader().status.set(TransferStatus::Done);
    t.at(20).link_up();
    expect(&mut t, "Uploading");
    expect(&mut t, "Uploaded");
}

#[test]
fn dg_02_uploads_need_no_clock_and_no_idle_connector() {
    let mut t = uploads().booted();
    t.at(10).start_charging(1, "TAG", 42);
    ask(&mut t);
    expect(&mut t, "Uploading");
    upload_is(&mut t, TransferStatus::Done);
    expect(&mut t, "Uploaded");
    assert!(t.charger().is_operative(1));
}

#[test]
fn dg_02_a_second_request_takes_the_place_of_the_first() {
    let mut t = uploading();
    let other = json!({"location": "https://other"});
    t.at(20).call("GetDiagnostics", other).expect_result(json!({"fileName": "log.txt"}));
    expect(&mut t, "Uploading");
    upload_is(&mut t, TransferStatus::Done);
    expect(&mut t, "Uploaded");
    assert_eq!(uploader().uploads.borrow().len(), 2);
    t.at(1000).expect_nothing();
}

#[test]
fn dg_02_nothing_to_upload_leaves_the_one_that_runs_alone() {
    let mut t = uploading();
    *uploader().file_name.borrow_mut() = None;
    t.at(20).call("GetDiagnostics", json!({ "location": "ftp://x" })).expect_result(json!({}));
    upload_is(&mut t, TransferStatus::Done);
    expect(&mut t, "Uploaded");
}

#[test]
fn dg_02_a_request_whose_answer_was_lost_with_the_link_is_dropped() {
    let mut t = uploads().booted();
    t.flash.failing_stores = 1;
    let _ = t.at(10).call("GetDiagnostics", json!({ "location": LOCATION })).later();
    t.at_ms(10_500).link_down();
    t.at(20).link_up();
    t.at(1000).expect_nothing();
    assert!(uploader().uploads.borrow().is_empty());
    ask(&mut t);
    expect(&mut t, "Uploading");
    t.take_errors();
}

#[test]
fn dg_02_no_upload_outlives_a_reboot() {
    let mut t = uploading();
    t.at(20).reboot();
    t.boot();
    t.at(1000).expect_nothing();
    assert_eq!(t.charger().diagnostics_status(), DiagnosticsStatus::Idle);
    ask(&mut t);
    expect(&mut t, "Uploading");
}

#[test]
fn dg_02_both_at_once() {
    let both = |charger: &mut ChargePoint<'static>| {
        all(charger);
        charger.set_on_download(leak(|_: &str| {}));
        charger.set_download_status_input(leak(|| uploader().status.get()));
        charger.set_on_install(leak(|| {}));
    };
    let mut t = bench().configure(both).booted();
    t.at(10);
    ask(&mut t);
    expect(&mut t, "Uploading");
    t.call("UpdateFirmware", json!({"location": "ftp://fw", "retrieveDate": date(0)})).expect_result(json!({}));
    t.expect_call("FirmwareStatusNotification", json!({"status": "Downloading"})).answer(json!({}));
    upload_is(&mut t, TransferStatus::Failed);
    t.expect_call("FirmwareStatusNotification", json!({"status": "DownloadFailed"})).answer(json!({}));
    expect(&mut t, "UploadFailed");
}

#[test]
fn dg_01_the_request_is_durable_before_it_is_answered() {
    let mut t = uploads().booted();
    t.take_log();
    t.at(10);
    ask(&mut t);
    assert_eq!(t.take_log()[0], Event::Stored(DIAGNOSTICS));
    expect(&mut t, "Uploading");
}

// ---- Triggers ----

#[cfg(feature = "remote-trigger")]
#[test]
fn dg_05_trg_02_trg_07_idle_only_when_it_was_triggered() {
    fn trigger(t: &mut Timeline, status: &str) {
        t.call("TriggerMessage", json!({"requestedMessage": "DiagnosticsStatusNotification"})).expect("Accepted");
        expect(t, status);
    }
    let mut t = uploads().booted();
    trigger(&mut t, "Idle");
    t.at(10);
    ask(&mut t);
    expect(&mut t, "Uploading");
    trigger(&mut t, "Uploading");
    upload_is(&mut t, TransferStatus::Failed);
    expect(&mut t, "UploadFailed");
    trigger(&mut t, "UploadFailed");
    uploader().status.set(TransferStatus::Done);
    t.wait(61);
    expect(&mut t, "Uploading");
    expect(&mut t, "Uploaded");
    t.at(100).expect_nothing();
    trigger(&mut t, "Idle");
}
