//! The connector that is looked at, with everything around it.

use crate::situations::{Charger, Event, Situation};
use crate::standard::{is_legal, letter_of, number_of};
use crate::support::{Frame, Timeline, date};
use embedded_ocpp::ocpp16::{ChargePointErrorCode, ErrorData, Reason};
use serde_json::{Value, json};

/// Connector 1 of a charge point, and a central system that answers everything.
pub(crate) struct Connector {
    t: Timeline,
    /// What was told last.
    pub(crate) told: Report,
    /// The transitions since they were last taken.
    transitions: String,
    /// The state is told after a boot or an outage: no transition leads there.
    begins_anew: bool,
    calls: u32,
    pub(crate) story: Vec<Event>,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Report {
    pub(crate) status: String,
    error: String,
    info: String,
}

impl Report {
    fn read(payload: &Value) -> Self {
        let text = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
        Self { status: text("status"), error: text("errorCode"), info: text("info") }
    }
}

impl Connector {
    fn boot(charger: Charger) -> Self {
        let told = Report::default();
        let t = charger.start();
        let mut connector =
            Self { t, told, transitions: String::new(), begins_anew: true, calls: 0, story: Vec::new() };
        connector.pass(1);
        connector.take_transitions();
        connector
    }

    pub(crate) fn brought_to(situation: &Situation, way: &[Event]) -> Self {
        let mut connector = Self::boot(situation.charger);
        connector.go(way);
        connector.take_transitions();
        connector
    }

    pub(crate) fn go(&mut self, events: &[Event]) {
        for event in events {
            self.happen(*event);
        }
    }

    pub(crate) fn take_transitions(&mut self) -> String {
        std::mem::take(&mut self.transitions)
    }

    pub(crate) fn happen(&mut self, event: Event) {
        use Event::*;
        self.story.push(event);
        let evse = self.t.evse(1);
        match event {
            PlugIn => evse.plugged.set(true),
            PlugOut => evse.plugged.set(false),
            Card => self.show("TAG"),
            OtherCard => self.show("OTHER"),
            RefusedCard => self.show("REFUSED"),
            BadCard => self.show("BAD"),
            RemoteStart => self.call("RemoteStartTransaction", &json!({"connectorId": 1, "idTag": "TAG"})),
            RemoteStop => self.call("RemoteStopTransaction", &json!({"transactionId": 42})),
            EvPause => evse.ev_ready.set(false),
            EvReady => evse.ev_ready.set(true),
            EvsePause => evse.evse_ready.set(false),
            EvseReady => evse.evse_ready.set(true),
            Fault => evse.error.set(Some(ErrorData::fault(ChargePointErrorCode::GroundFailure))),
            Warning => evse.error.set(Some(ErrorData::warning(ChargePointErrorCode::HighTemperature))),
            Repair => evse.error.set(None),
            Inoperative => self.change_availability(1, "Inoperative"),
            Operative => self.change_availability(1, "Operative"),
            AllInoperative => self.change_availability(0, "Inoperative"),
            AllOperative => self.change_availability(0, "Operative"),
            Unlock => self.call("UnlockConnector", &json!({"connectorId": 1})),
            TimeOut => self.pass(100),
            FirmwareEnd => {
                let _ = self.t.charger().end_transaction(None, Reason::Other, 1);
            }
            Outage => {
                self.t.link_down();
                self.pass(10);
                self.link_up();
            }
            LinkDown => self.t.link_down(),
            PowerCut => self.reboot(),
            Reset => self.reset(),
            FreeVendOn => self.configure("Cst_FreeVendActive", "true"),
            FreeVendOff => self.configure("Cst_FreeVendActive", "false"),
            HoldStart => evse.start_ready.set(false),
        }
        self.t.settle();
        self.pass(1);
        self.check_told();
    }

    fn show(&mut self, id_tag: &str) {
        let charger = self.t.charger();
        if charger.is_transaction_active(1) {
            let _ = charger.end_transaction(Some(id_tag), Reason::Local, 1);
        } else {
            let _ = charger.begin_transaction(id_tag, 1);
        }
    }

    fn call(&mut self, action: &str, payload: &Value) {
        if self.t.wire.connected {
            self.calls += 1;
            self.t.send(&json!([2, format!("call-{}", self.calls), action, payload]).to_string());
        }
    }

    fn change_availability(&mut self, connector: u8, kind: &str) {
        self.call("ChangeAvailability", &json!({"connectorId": connector, "type": kind}));
    }

    fn configure(&mut self, key: &str, value: &str) {
        self.call("ChangeConfiguration", &json!({"key": key, "value": value}));
    }

    fn reset(&mut self) {
        self.call("Reset", &json!({"type": "Soft"}));
        if self.t.wire.connected {
            while self.t.resets.borrow().is_empty() {
                self.pass(1);
            }
            self.t.resets.take();
            self.serve();
            self.reboot();
        }
    }

    fn reboot(&mut self) {
        self.take_transitions();
        self.begins_anew = true;
        self.t.reboot();
        self.pass(1);
        assert!(!self.begins_anew, "errata 3.22: no status after the boot");
    }

    fn link_up(&mut self) {
        self.begins_anew = true;
        self.t.link_up();
        self.pass(1);
        self.begins_anew = false;
    }

    /// Lets time pass, and answers what is asked meanwhile.
    fn pass(&mut self, seconds: u64) {
        let end = self.t.seconds() + seconds;
        self.serve();
        while self.t.seconds() < end {
            let left = end - self.t.seconds();
            self.t.wait(left);
            self.serve();
        }
    }

    fn serve(&mut self) {
        while let Some(frame) = self.t.next_frame() {
            if let Frame::Call { id, action, payload } = frame {
                let conf = self.answer(&action, &payload);
                self.t.send(&json!([3, id, conf]).to_string());
            }
        }
    }

    fn answer(&mut self, action: &str, payload: &Value) -> Value {
        let status_of = |refused| if payload["idTag"] == refused { "Invalid" } else { "Accepted" };
        match action {
            "BootNotification" => {
                json!({"status": "Accepted", "currentTime": date(self.t.seconds()), "interval": 86_400})
            }
            "Authorize" => json!({"idTagInfo": {"status": status_of("REFUSED")}}),
            "StartTransaction" => json!({"transactionId": 42, "idTagInfo": {"status": status_of("BAD")}}),
            "StatusNotification" => {
                self.learn(payload);
                json!({})
            }
            "StopTransaction" => json!({}),
            other => panic!("not expected: {other} {payload}"),
        }
    }

    fn learn(&mut self, payload: &Value) {
        let told = Report::read(payload);
        if payload["connectorId"] == 0 {
            assert!(["Available", "Unavailable", "Faulted"].contains(&&*told.status), "ST-02: {payload}");
            return;
        }
        assert!(told.status != "Faulted" || told.error != "NoError", "ST-05: {payload}");
        if self.begins_anew {
            self.begins_anew = false;
            self.transitions += &number_of(&told.status).to_string();
        } else if self.told.status == told.status {
            assert_ne!(self.told, told, "ST-13: told twice: {payload}");
        } else {
            let transition = format!("{}{}", letter_of(&self.told.status), number_of(&told.status));
            assert!(is_legal(&transition), "ST-01: {transition} is no transition");
            self.transitions += &transition;
        }
        self.told = told;
    }

    /// ST-01: what stands is what was told.
    fn check_told(&mut self) {
        if self.t.wire.connected {
            let status = self.t.charger().charge_point_status(1).unwrap();
            assert_eq!(self.told.status, status.as_str(), "ST-01: not told");
        }
    }

    /// All is well again, nobody wants anything any more.
    pub(crate) fn calm_down(&mut self) {
        if !self.t.wire.connected {
            self.link_up();
        }
        self.t.evse(1).start_ready.set(true);
        use Event::{AllOperative, EvReady, EvseReady, FirmwareEnd, FreeVendOff, PlugOut, Repair, TimeOut, Unlock};
        self.go(&[Repair, EvReady, EvseReady, FreeVendOff, FirmwareEnd, PlugOut, Unlock, AllOperative, TimeOut]);
        assert_eq!((&*self.told.status, &*self.told.error), ("Available", "NoError"));
        assert_eq!(self.t.charger().waiting_messages(), 0);
    }
}

impl Drop for Connector {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("after {:?}, in state {}", self.story, self.told.status);
        }
    }
}
