//! A charge point whose outputs remember what they were told, and a central system that answers everything.

use crate::draw::date;
use crate::model::{Model, Supply, Unit};
use crate::support::{Frame, Timeline, bench, leak};
use embedded_ocpp::ChargePoint;
use embedded_ocpp::facade::ConnectorClosures;
use embedded_ocpp::json::Decimal;
use embedded_ocpp::ocpp16::{ChargingLimit, Supply as Nominal};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};

/// What an output is told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    Ampere,
    Watt,
    Both,
}

/// What the charge point is built for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hardware {
    pub(crate) outputs: [Output; 2],
    pub(crate) supply: Supply,
    /// Transactions go on after a power cut.
    pub(crate) resumes: bool,
    /// Where the monotonic clock begins, in milliseconds.
    pub(crate) clock_start: u64,
}

/// What an output was told last, in tenths.
pub(crate) type Told = (Option<i64>, Option<i64>);

thread_local! {
    static HARDWARE: Cell<Hardware> = const {
        let supply = Supply { volt: 230, phases: 3, ampere: 320 };
        Cell::new(Hardware { outputs: [Output::Both; 2], supply, resumes: false, clock_start: 0 })
    };
    static TOLD: RefCell<[Option<Told>; 2]> = const { RefCell::new([None; 2]) };
}

pub(crate) fn told(connector: i64) -> Option<Told> {
    TOLD.with_borrow(|told| told[connector as usize - 1])
}

fn tell(connector: u8, told: Told) {
    TOLD.with_borrow_mut(|all| all[usize::from(connector) - 1] = Some(told));
}

fn wire(closures: &mut ConnectorClosures<'static>, id: u8) {
    let tenths = |limit: Option<Decimal>| limit.map(|limit| limit.mantissa());
    match HARDWARE.get().outputs[usize::from(id) - 1] {
        Output::Ampere => {
            closures.set_smart_charging_current_output(leak(move |limit| tell(id, (tenths(limit), None))));
        }
        Output::Watt => closures.set_smart_charging_power_output(leak(move |limit| tell(id, (None, tenths(limit))))),
        Output::Both => closures.set_smart_charging_output(leak(move |limit: Option<ChargingLimit>| {
            tell(id, (tenths(limit.map(|limit| limit.current)), tenths(limit.map(|limit| limit.power))));
        })),
    }
}

fn configure(charger: &mut ChargePoint<'static>) {
    TOLD.set([None; 2]);
    let Hardware { supply, resumes, .. } = HARDWARE.get();
    charger.resume_transactions(resumes);
    let (voltage, phases) = (supply.volt as u16, supply.phases as u8);
    charger.set_supply(Nominal { voltage, phases, current: Decimal::tenths(supply.ampere) });
}

/// A charge point with two connectors that has been accepted.
pub(crate) fn boot(hardware: Hardware) -> Timeline {
    HARDWARE.set(hardware);
    bench().two_connectors().clock_from(hardware.clock_start).wire(wire).configure(configure).booted()
}

/// The model of the same.
pub(crate) fn model(t: &mut Timeline, hardware: Hardware) -> Model {
    let Hardware { outputs, supply, .. } = hardware;
    let units = [(Unit::A, Output::Watt), (Unit::W, Output::Ampere)];
    let units = units.into_iter().filter(|(_, other)| outputs.iter().any(|output| output != other));
    let mut key = |name: &str| {
        let conf = t.call("GetConfiguration", json!({"key": [name]})).result();
        conf["configurationKey"][0]["value"].as_str().unwrap().parse::<i64>().unwrap()
    };
    Model {
        supply,
        units: units.map(|(unit, _)| unit).collect(),
        profiles_max: key("MaxChargingProfilesInstalled") as usize,
        periods_max: key("ChargingScheduleMaxPeriods") as usize,
        level_max: key("ChargeProfileMaxStackLevel"),
        profiles: Vec::new(),
        transactions: [None; 2],
    }
}

/// Answers all that the charge point sends; StartTransaction with `transaction`. Whether one was started.
pub(crate) fn serve(t: &mut Timeline, transaction: i64) -> bool {
    let mut started = false;
    while let Some(frame) = t.next_frame() {
        let Frame::Call { id, action, .. } = frame else { panic!("no call is under way: {frame:?}") };
        let info = json!({"status": "Accepted"});
        let conf: Value = match action.as_str() {
            "BootNotification" => {
                json!({"status": "Accepted", "currentTime": date(t.seconds() as i64), "interval": 86_400})
            }
            "Authorize" => json!({ "idTagInfo": info }),
            "StartTransaction" => {
                started = true;
                json!({"idTagInfo": info, "transactionId": transaction})
            }
            "Heartbeat" => json!({"currentTime": date(t.seconds() as i64)}),
            _ => json!({}),
        };
        t.answer(&id, conf);
    }
    started
}
