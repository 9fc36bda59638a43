//! SEC: GetLog, LogStatusNotification and ExtendedTriggerMessage (security whitepaper N01, §6.16).

mod support;

use embedded_ocpp::ChargePoint;
use embedded_ocpp::ocpp16::{LogRequest, LogStatus, LogUpload, LogUploadStatus, SecurityEvent, SecurityLogEntry};
use embedded_ocpp::time::DateTime;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use support::{Timeline, bench, date, leak};

/// A firmware that uploads. It outlives every boot of a test.
struct Uploader {
    file_name: Cell<Option<&'static str>>,
    status: Cell<LogUploadStatus>,
    /// It takes so many entries, and then none until it is told more.
    room: Cell<u32>,
    told: RefCell<Vec<String>>,
}

impl LogUpload for Uploader {
    fn file_name(&self, _: &LogRequest<'_>) -> Option<&str> {
        self.file_name.get()
    }

    fn begin(&self, request: &LogRequest<'_>, file_name: &str) {
        let date = |date: Option<DateTime>| date.map_or("-".to_owned(), |date| date.to_string());
        let (oldest, latest) = (date(request.oldest_timestamp), date(request.latest_timestamp));
        let log_type = request.log_type.as_str();
        self.told.borrow_mut().push(format!("{log_type} {} {oldest} {latest} {file_name}", request.location));
    }

    fn entry(&self, entry: Option<&SecurityLogEntry<'_>>) -> bool {
        let Some(room) = self.room.get().checked_sub(1) else { return false };
        self.room.set(room);
        self.told.borrow_mut().push(match entry {
            Some(entry) => {
                format!(
                    "{} {} {}",
                    entry.timestamp.map_or("-".to_owned(), |at| at.to_string()),
                    entry.event,
                    entry.tech_info
                )
            }
            None => "end".to_owned(),
        });
        true
    }

    fn status(&self) -> LogUploadStatus {
        self.status.get()
    }

    fn cancel(&self) {
        self.told.borrow_mut().push("canceled".to_owned());
    }
}

thread_local! {
    static UPLOADER: &'static Uploader = leak(Uploader {
        file_name: Cell::new(Some("log.txt")),
        status: Cell::new(LogUploadStatus::Running),
        room: Cell::new(u32::MAX),
        told: RefCell::default(),
    });
}

fn uploader() -> &'static Uploader {
    UPLOADER.with(|uploader| *uploader)
}

fn told() -> Vec<String> {
    uploader().told.take()
}

fn uploads(charger: &mut ChargePoint<'static>) {
    charger.set_log_upload(uploader());
}

fn accepted() -> Timeline {
    bench().configure(uploads).booted()
}

const LOCATION: &str = "https://user:pass@files.example/logs/";

fn get_log(t: &mut Timeline, log_type: &str, id: i32) -> Value {
    let log = json!({ "remoteLocation": LOCATION });
    t.call("GetLog", json!({"logType": log_type, "requestId": id, "log": log})).result()
}

fn accepted_with(file_name: &str) -> Value {
    json!({"status": "Accepted", "filename": file_name})
}

fn expect(t: &mut Timeline, status: &str, id: i32) {
    let call = t.expect_call("LogStatusNotification", json!({}));
    assert_eq!(call.payload, json!({"status": status, "requestId": id}));
    call.answer(json!({}));
}

fn upload_is(t: &mut Timeline, status: LogUploadStatus) {
    uploader().status.set(status);
    t.wait(1);
}

#[test]
fn sec_39_sec_40_a_diagnostics_log_is_named_uploaded_and_told() {
    let mut t = accepted();
    assert_eq!(get_log(&mut t, "DiagnosticsLog", 42), json!({"status": "Accepted", "filename": "log.txt"}));
    expect(&mut t, "Uploading", 42);
    assert_eq!(told(), [format!("DiagnosticsLog {LOCATION} - - log.txt")]);
    assert_eq!(t.charger().log_status(), LogStatus::Uploading);
    upload_is(&mut t, LogUploadStatus::Done);
    expect(&mut t, "Uploaded", 42);
    assert_eq!(t.charger().log_status(), LogStatus::Idle);
    assert!(!t.flash.records.contains_key(&embedded_ocpp::store::registry::LOG_UPLOAD), "no password stays");
    t.at(1000).expect_nothing();
}

#[test]
fn sec_40_each_end_has_its_status() {
    for (end, status) in [
        (LogUploadStatus::BadMessage, "BadMessage"),
        (LogUploadStatus::PermissionDenied, "PermissionDenied"),
        (LogUploadStatus::NotSupported, "NotSupportedOperation"),
    ] {
        let mut t = accepted();
        uploader().status.set(LogUploadStatus::Running);
        get_log(&mut t, "DiagnosticsLog", 1);
        expect(&mut t, "Uploading", 1);
        upload_is(&mut t, end);
        expect(&mut t, status, 1);
        t.at(1000).expect_nothing();
    }
}

#[test]
fn sec_52_a_failed_upload_is_tried_again_as_often_as_is_asked() {
    let mut t = accepted();
    let log = json!({ "remoteLocation": LOCATION });
    let request = json!({"logType": "DiagnosticsLog", "requestId": 7, "log": log, "retries": 1, "retryInterval": 100});
    t.call("GetLog", request).expect_result(accepted_with("log.txt"));
    expect(&mut t, "Uploading", 7);
    upload_is(&mut t, LogUploadStatus::Failed);
    expect(&mut t, "UploadFailure", 7);
    let failed = t.seconds();
    uploader().status.set(LogUploadStatus::Running);
    t.at(failed + 99).expect_nothing();
    t.at(failed + 101);
    expect(&mut t, "Uploading", 7);
    upload_is(&mut t, LogUploadStatus::Failed);
    expect(&mut t, "UploadFailure", 7);
    t.at(5000).expect_nothing();
}

#[test]
fn sec_39_another_log_cancels_the_one_that_is_being_uploaded() {
    let mut t = accepted();
    get_log(&mut t, "DiagnosticsLog", 1);
    expect(&mut t, "Uploading", 1);
    told();
    assert_eq!(get_log(&mut t, "SecurityLog", 2), json!({"status": "AcceptedCanceled", "filename": "log.txt"}));
    assert_eq!(told()[0], "canceled");
    expect(&mut t, "Uploading", 2);
    upload_is(&mut t, LogUploadStatus::Done);
    expect(&mut t, "Uploaded", 2);
    uploader().status.set(LogUploadStatus::Running);
    assert_eq!(get_log(&mut t, "DiagnosticsLog", 3)["status"], "Accepted");
    expect(&mut t, "Uploading", 3);
}

#[test]
fn sec_39_nothing_to_upload_is_rejected() {
    let mut t = accepted();
    uploader().file_name.set(None);
    assert_eq!(get_log(&mut t, "DiagnosticsLog", 1), json!({"status": "Rejected"}));
    t.at(1000).expect_nothing();
    // Nor does a firmware that uploads no logs.
    let mut t = bench().booted();
    assert_eq!(get_log(&mut t, "SecurityLog", 1), json!({"status": "Rejected"}));
}

#[test]
fn sec_42_the_security_log_comes_entry_by_entry_between_its_dates() {
    let mut t = accepted();
    for second in [10, 20, 30, 40] {
        t.at(second);
        t.charger().raise_security_event(SecurityEvent::AttemptedReplayAttacks, &second.to_string()).unwrap();
        t.settle();
    }
    uploader().room.set(2);
    let log = json!({"remoteLocation": LOCATION, "oldestTimestamp": date(20), "latestTimestamp": date(30)});
    t.call("GetLog", json!({"logType": "SecurityLog", "requestId": 5, "log": log}))
        .expect_result(accepted_with("log.txt"));
    expect(&mut t, "Uploading", 5);
    t.wait(1);
    let entry = |second: u64| format!("{} AttemptedReplayAttacks {second}", date(second));
    let begun = format!("SecurityLog {LOCATION} {} {} log.txt", date(20), date(30));
    assert_eq!(told(), [begun, entry(20), entry(30)]);
    // It is not asked how far it is before it has all of them.
    upload_is(&mut t, LogUploadStatus::Done);
    t.expect_nothing();
    uploader().room.set(1);
    t.wait(1);
    assert_eq!(told(), ["end"]);
    expect(&mut t, "Uploaded", 5);
}

#[test]
fn sec_42_a_ring_that_has_rolled_over_comes_from_its_oldest_entry_on() {
    let mut t = accepted();
    for n in 0..100 {
        t.charger().raise_security_event(SecurityEvent::AttemptedReplayAttacks, &n.to_string()).unwrap();
        t.settle();
    }
    get_log(&mut t, "SecurityLog", 1);
    expect(&mut t, "Uploading", 1);
    t.wait(1);
    let told = told();
    assert_eq!(told.len(), 1 + 64 + 1);
    assert!(told[1].ends_with(" 36") && told[64].ends_with(" 99"), "{told:?}");
}

#[test]
fn sec_42_the_events_of_each_boot_have_the_dates_of_that_boot() {
    let mut t = accepted();
    for second in [100, 200] {
        t.at(second);
        t.power_cut();
        t.at(second + 10);
        t.power_on();
        // Its clock is set 20 s later, when the boot is long on the device.
        t.at(second + 30).link_up();
        t.boot();
    }
    // A boot that never knows the time was before the next one that does.
    t.at(300).power_cut();
    t.at(310).power_on();
    t.at(320).power_cut();
    t.at(330).power_on();
    t.at(340).link_up();
    t.accept_boot();
    for _ in 0..2 {
        t.expect_call("SecurityEventNotification", json!({"type": "StartupOfTheDevice"})).answer(json!({}));
    }
    t.expect_available();
    get_log(&mut t, "SecurityLog", 1);
    expect(&mut t, "Uploading", 1);
    t.wait(1);
    let boots: Vec<_> = told().into_iter().filter(|line| line.contains("StartupOfTheDevice")).collect();
    let expected: Vec<_> = [0, 110, 210, 330, 330].map(|at| format!("{} StartupOfTheDevice ", date(at))).into();
    assert_eq!(boots, expected);
}

#[test]
fn sec_43_a_request_is_checked() {
    let mut t = accepted();
    for (payload, code) in [
        (json!({"logType": "SecurityLog", "requestId": 1}), "OccurenceConstraintViolation"),
        (json!({"logType": "SecurityLog", "requestId": 1, "log": {}}), "OccurenceConstraintViolation"),
        (json!({"logType": "SecurityLog", "log": {"remoteLocation": LOCATION}}), "OccurenceConstraintViolation"),
        (
            json!({"logType": "Other", "requestId": 1, "log": {"remoteLocation": LOCATION}}),
            "PropertyConstraintViolation",
        ),
        (
            json!({"logType": "SecurityLog", "requestId": "1", "log": {"remoteLocation": LOCATION}}),
            "TypeConstraintViolation",
        ),
        (
            json!({"logType": "SecurityLog", "requestId": 1, "log": {"remoteLocation": "x".repeat(513)}}),
            "PropertyConstraintViolation",
        ),
        (
            json!({"logType": "SecurityLog", "requestId": 1, "log": {"remoteLocation": LOCATION, "more": 1}}),
            "FormationViolation",
        ),
    ] {
        t.call("GetLog", payload).expect_error(code);
    }
}

#[test]
fn sec_41_what_can_be_triggered_is() {
    let mut t = accepted();
    let mut trigger = |message: &str, status: &str| {
        t.call("ExtendedTriggerMessage", json!({ "requestedMessage": message })).expect(status);
    };
    trigger("BootNotification", "Rejected"); // as TRG-06
    trigger("DiagnosticsStatusNotification", "NotImplemented");
    trigger("Nonsense", "NotImplemented");
    trigger("Heartbeat", "Accepted");
    t.expect_call("Heartbeat", json!({})).answer(json!({"currentTime": date(0)}));
    t.call("ExtendedTriggerMessage", json!({"requestedMessage": "StatusNotification", "connectorId": 1}))
        .expect("Accepted");
    t.expect_status(1, "Available");
    t.call("ExtendedTriggerMessage", json!({"requestedMessage": "MeterValues", "connectorId": 1})).expect("Accepted");
    t.expect_call("MeterValues", json!({"connectorId": 1})).answer(json!({}));
    // Idle has no request.
    t.call("ExtendedTriggerMessage", json!({"requestedMessage": "LogStatusNotification"})).expect("Accepted");
    let call = t.expect_call("LogStatusNotification", json!({}));
    assert_eq!(call.payload, json!({"status": "Idle"}));
    call.answer(json!({}));
    get_log(&mut t, "DiagnosticsLog", 9);
    expect(&mut t, "Uploading", 9);
    t.call("ExtendedTriggerMessage", json!({"requestedMessage": "LogStatusNotification"})).expect("Accepted");
    expect(&mut t, "Uploading", 9);
}

#[test]
fn sec_51_a_connector_is_none_of_0() {
    let mut t = accepted();
    for (connector, status) in [(0, "Rejected"), (-1, "Rejected"), (2, "Rejected"), (1, "Accepted")] {
        t.call("ExtendedTriggerMessage", json!({"requestedMessage": "StatusNotification", "connectorId": connector}))
            .expect(status);
    }
    t.expect_status(1, "Available");
}
