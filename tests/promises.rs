//! What an answer promises is on the device before the answer can leave, whatever RPC layer carries it: here one that sends
//! at once what it is given, and asks for a held call again after the next poll (KEY-03, OCPP 1.6 §5.3).

use embedded_ocpp::facade::ConnectorClosures;
use embedded_ocpp::json::{Frame, scan};
use embedded_ocpp::ocpp16::{ChargePointStatus, DiagnosticsRequest, TransferStatus};
use embedded_ocpp::rpc::{Call, CallComposer, Composer, Handler, MessageId, Outcome, Reply};
use embedded_ocpp::store::{RecordKey, Storage};
use embedded_ocpp::time::Instant;
use embedded_ocpp::{Boot, ChargePoint, Resources};
use std::cell::Cell;
use std::collections::BTreeMap;

const NOW: Instant = Instant::from_secs(1);

/// A device that can be out of order.
#[derive(Default)]
struct Device {
    records: BTreeMap<RecordKey, Vec<u8>>,
    is_broken: bool,
}

#[derive(Debug)]
struct Broken;

impl Storage for Device {
    type Error = Broken;

    async fn load(&mut self, key: RecordKey, buffer: &mut [u8]) -> Result<Option<usize>, Broken> {
        Ok(self.records.get(&key).filter(|record| !record.is_empty()).map(|record| {
            buffer[..record.len()].copy_from_slice(record);
            record.len()
        }))
    }

    async fn store(&mut self, key: RecordKey, record: &[u8]) -> Result<(), Broken> {
        if self.is_broken {
            return Err(Broken);
        }
        self.records.insert(key, record.to_vec());
        Ok(())
    }
}

struct Bench<'a> {
    charge_point: ChargePoint<'a>,
    device: Device,
    now: Instant,
}

impl Bench<'_> {
    fn poll(&mut self) {
        let _ = self.charge_point.poll_operations(self.now, true, &mut self.device);
    }

    /// Hands a call over until it is answered; the answer.
    fn ask(&mut self, action: &str, payload: &str) -> Option<String> {
        let frame = format!(r#"[2,"s","{action}",{payload}]"#);
        let Ok(Frame::Call { action, payload, .. }) = scan(frame.as_bytes()) else { panic!("{frame}") };
        let call = Call { action, payload };
        for _ in 0..100 {
            let mut buffer = [0; 512];
            let mut answer = Composer::new(&mut buffer, 0);
            let Ok(mut exchange) = self.charge_point.poll_operations(self.now, true, &mut self.device) else {
                continue;
            };
            match exchange.handle_call(self.now, &call, &mut answer).unwrap() {
                Reply::Held => {}
                Reply::Now => return Some(String::from_utf8_lossy(answer.written(0)).into_owned()),
                other => panic!("{other:?}"),
            }
        }
        None
    }
}

/// A charge point that has told all that it had to.
fn with_bench(test: &mut dyn FnMut(Bench<'_>)) {
    let (plugged, energy) = (Cell::new(true), Cell::new(0));
    let (meter, plug, restart) = (|| Some(energy.get()), || plugged.get(), |_| {});
    let mut socket = ConnectorClosures::new();
    socket.set_energy_meter_input(&meter);
    socket.set_connector_plugged_input(&plug);
    socket.set_smart_charging_current_output(&|_| {});
    let (download, install) = (|_: &str| {}, || {});
    let file = |_: &DiagnosticsRequest<'_>| Some("log.txt");
    let under_way = || TransferStatus::Running;
    let upload = |_: &DiagnosticsRequest<'_>, _: &str| {};
    let mut resources = Resources::<1>::new();
    let mut charge_point = ChargePoint::new(&mut resources, Boot::new("M", "V")).unwrap();
    charge_point.set_hardware(&socket, 1).unwrap();
    charge_point.set_on_reset_execute(&restart);
    charge_point.set_on_download(&download);
    charge_point.set_on_install(&install);
    charge_point.set_diagnostics_file_name_input(&file);
    charge_point.set_on_upload(&upload);
    charge_point.set_upload_status_input(&under_way);
    let mut bench = Bench { charge_point, device: Device::default(), now: NOW };
    bench.answer_calls();
    plugged.set(false);
    bench.answer_calls();
    test(bench);
}

impl Bench<'_> {
    /// The central system answers all that the charge point has to say.
    fn answer_calls(&mut self) {
        for number in 0..20 {
            let Ok(mut exchange) = self.charge_point.poll_operations(self.now, true, &mut self.device) else { return };
            let mut buffer = [0; 512];
            let mut composer = CallComposer::new(&mut buffer, MessageId { epoch: 0, number });
            let Some(name) = exchange.next_call(self.now, &mut composer) else { continue };
            let answer = br#"[3,"",{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z","interval":300,
                "idTagInfo":{"status":"Accepted"}}]"#;
            let Ok(Frame::CallResult { payload, .. }) = scan(answer) else { panic!() };
            exchange.conclude(self.now, name, Outcome::Result(payload));
        }
        assert!(self.charge_point.is_accepted());
    }
}

const PROFILE: &str = r#"{"connectorId":0,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,
    "chargingProfilePurpose":"ChargePointMaxProfile","chargingProfileKind":"Absolute","chargingSchedule":
    {"startSchedule":"2026-01-01T00:00:00Z","chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":16}]}}}"#;
const LIST: &str = r#"{"listVersion":1,"updateType":"Full","localAuthorizationList":[{"idTag":"A","idTagInfo":
    {"status":"Accepted"}}]}"#;
const UPDATE: &str = r#"{"location":"ftp://host/f","retrieveDate":"2026-01-02T00:00:00Z"}"#;

/// Each operation that changes what is stored, in an order in which each is accepted.
const PROMISES: [(&str, &str, &str); 10] = [
    ("ChangeConfiguration", r#"{"key":"ConnectionTimeOut","value":"77"}"#, "Accepted"),
    ("ChangeAvailability", r#"{"connectorId":0,"type":"Inoperative"}"#, "Accepted"),
    ("ChangeAvailability", r#"{"connectorId":0,"type":"Operative"}"#, "Accepted"),
    (
        "ReserveNow",
        r#"{"connectorId":1,"expiryDate":"2026-01-02T00:00:00Z","idTag":"A","reservationId":1}"#,
        "Accepted",
    ),
    ("CancelReservation", r#"{"reservationId":1}"#, "Accepted"),
    ("SetChargingProfile", PROFILE, "Accepted"),
    ("ClearChargingProfile", r#"{"id":1}"#, "Accepted"),
    ("SendLocalList", LIST, "Accepted"),
    ("UpdateFirmware", UPDATE, ""),
    ("GetDiagnostics", r#"{"location":"ftp://host/"}"#, "log.txt"),
];

#[test]
fn what_an_answer_promises_is_stored_before_it_can_leave() {
    with_bench(&mut |mut bench| {
        for (action, payload, answered) in PROMISES {
            bench.answer_calls();
            let before = bench.device.records.clone();
            let answer = bench.ask(action, payload).unwrap_or_else(|| panic!("{action} is not answered"));
            assert!(answer.contains(answered), "{action}: {answer}");
            let promised = bench.device.records.clone();
            assert_ne!(promised, before, "{action}: nothing is stored");
            (0..5).for_each(|_| bench.poll());
            assert_eq!(bench.device.records, promised, "{action}: something is stored behind the answer");
        }
    });
}

#[test]
fn ac_09_a_cleared_cache_stays_so() {
    with_bench(&mut |mut bench| {
        bench.charge_point.begin_transaction("A", 1).unwrap();
        bench.answer_calls();
        let cached = |bench: &Bench<'_>| bench.device.records.values().filter(|record| record.contains(&b'A')).count();
        (0..5).for_each(|_| bench.poll());
        let before = bench.device.records.clone();
        assert!(cached(&bench) > 0, "{before:?}");
        assert_eq!(bench.ask("ClearCache", "{}").as_deref(), Some(r#"{"status":"Accepted"}"#));
        let promised = bench.device.records.clone();
        assert_ne!(promised, before);
        (0..5).for_each(|_| bench.poll());
        assert_eq!(bench.device.records, promised);
    });
}

/// KEY-03: a device that goes on failing holds up no answer for ever.
#[test]
fn what_cannot_be_stored_is_answered_after_some_tries() {
    with_bench(&mut |mut bench| {
        bench.device.is_broken = true;
        let mut tries = 0;
        let answer = loop {
            tries += 1;
            if let Some(answer) = bench.ask("ChangeConfiguration", r#"{"key":"ConnectionTimeOut","value":"77"}"#) {
                break answer;
            }
            bench.now = bench.now + embedded_ocpp::time::Duration::from_secs(2);
            assert!(tries < 10, "never answered");
        };
        assert_eq!(answer, r#"{"status":"Accepted"}"#);
        assert!(tries > 1, "answered at once");
        bench.device.is_broken = false;
        bench.now = bench.now + embedded_ocpp::time::Duration::from_secs(2);
        let before = bench.device.records.len();
        (0..3).for_each(|_| bench.poll());
        assert_eq!(bench.device.records.len(), before + 1, "it is stored when the device works again");
    });
}

/// A promise is kept to the call that it was made to.
#[test]
fn a_lost_link_takes_the_promise_with_it() {
    with_bench(&mut |mut bench| {
        bench.device.is_broken = true;
        assert_eq!(bench.ask("ChangeConfiguration", r#"{"key":"ConnectionTimeOut","value":"77"}"#), None);
        let _ = bench.charge_point.poll_operations(bench.now, false, &mut bench.device);
        bench.device.is_broken = false;
        bench.now = bench.now + embedded_ocpp::time::Duration::from_secs(2);
        let refused = r#"{"key":"ConnectionTimeOut","value":"no number"}"#;
        assert_eq!(bench.ask("ChangeConfiguration", refused).as_deref(), Some(r#"{"status":"Rejected"}"#));
        assert_eq!(bench.charge_point.charge_point_status(1), Some(ChargePointStatus::Available));
    });
}
