//! How the charge point stands, for the page.

use crate::car::Car;
use crate::config::Config;
use crate::evse::Evse;
use embedded_ocpp::Instant;
use embedded_ocpp::facade::ChargePoint;
use embedded_ocpp::json::Decimal;
use embedded_ocpp::ocpp16::{ChargePointStatus, TransactionView};
use embedded_ocpp::store::{Access, Value};
use serde::Serialize;

#[derive(PartialEq, Serialize)]
pub(crate) struct ChargePointState {
    pub power: bool,
    pub status: &'static str,
    pub firmware: Option<String>,
    /// The time of the central system.
    pub date: Option<String>,
    pub link: LinkState,
    pub journal: JournalState,
    pub flash: FlashState,
    pub update: &'static str,
    pub diagnostics: &'static str,
}

#[derive(PartialEq, Serialize)]
pub(crate) struct LinkState {
    pub connected: bool,
    pub accepted: bool,
    /// The operator has cut the line.
    pub held: bool,
    /// Unix ms of the next try, while there is no connection.
    pub next_try: Option<u64>,
    /// Frames that were no messages, answers to nothing, and what was too long.
    pub dropped: u32,
}

#[derive(PartialEq, Serialize)]
pub(crate) struct JournalState {
    pub waiting: u32,
    /// Unix ms at which the oldest that waits was seen first.
    pub oldest: Option<u64>,
    /// For so many more entries.
    pub room: u32,
    pub transactions_left: u32,
}

#[derive(PartialEq, Serialize)]
pub(crate) struct FlashState {
    /// Since the boot.
    pub written: u64,
    pub size: usize,
}

#[derive(PartialEq, Serialize)]
pub(crate) struct ConnectorState {
    pub connector: u8,
    pub status: &'static str,
    pub plugged: bool,
    pub ready: bool,
    pub permits: bool,
    pub locked: bool,
    pub jammed: bool,
    pub operative: bool,
    pub reserved: bool,
    /// In A on each phase; `None` without a limit by the central system.
    pub limit: Option<f64>,
    pub limit_phases: Option<u8>,
    pub fault: Option<FaultState>,
    pub wh: i64,
    pub w: i64,
    pub a: f64,
    pub transaction: Option<TransactionState>,
    pub car: Car,
}

#[derive(Clone, PartialEq, Serialize)]
pub(crate) struct FaultState {
    pub code: &'static str,
    pub info: Option<String>,
    /// It comes so many s after charging began.
    pub after_s: Option<f64>,
}

#[derive(PartialEq, Serialize)]
pub(crate) struct TransactionState {
    pub id_tag: String,
    pub id: Option<i64>,
    pub running: bool,
    pub deauthorized: bool,
    pub meter_start: Option<i64>,
    /// Unix ms.
    pub since: Option<u64>,
}

#[derive(PartialEq, Serialize)]
pub(crate) struct KeyState {
    pub name: String,
    pub value: String,
    pub kind: &'static str,
    pub access: &'static str,
    pub reboot: bool,
}

/// What of a connector is known to the simulator alone.
#[derive(Clone)]
pub(crate) struct Side {
    pub ready: bool,
    pub jammed: bool,
    pub fault: Option<FaultState>,
    pub a: f64,
    pub car: Car,
}

pub(crate) fn connector(
    ocpp: &ChargePoint<'_>,
    evse: &Evse,
    connector: u8,
    side: &Side,
    unix: impl Fn(Instant) -> u64,
) -> ConnectorState {
    let outlet = evse.outlet(connector);
    let limit = ocpp.charging_limit(connector);
    ConnectorState {
        connector,
        status: ocpp.charge_point_status(connector).map_or("", ChargePointStatus::as_str),
        plugged: outlet.is_some_and(|outlet| outlet.is_plugged()),
        ready: side.ready,
        permits: ocpp.permits_charge(connector),
        locked: ocpp.locks_cable(connector),
        jammed: side.jammed,
        operative: ocpp.is_operative(connector),
        reserved: ocpp.is_reserved(connector),
        limit: limit.map(|limit| number(limit.current)),
        limit_phases: limit.map(|limit| limit.phases),
        fault: side.fault.clone(),
        wh: outlet.map_or(0, |outlet| outlet.energy()),
        w: outlet.map_or(0, |outlet| outlet.power()),
        a: side.a,
        transaction: ocpp.transaction(connector).map(|view| transaction(&view, unix)),
        car: side.car.shown(),
    }
}

fn transaction(view: &TransactionView<'_>, unix: impl Fn(Instant) -> u64) -> TransactionState {
    TransactionState {
        id_tag: view.id_tag.into(),
        id: view.transaction_id,
        running: view.is_running,
        deauthorized: view.is_deauthorized,
        meter_start: view.meter_start,
        since: view.started.map(unix),
    }
}

pub(crate) fn charge_point(
    ocpp: &ChargePoint<'_>,
    config: &Config,
    held: bool,
    oldest: Option<u64>,
    unix: impl Fn(Instant) -> u64,
) -> ChargePointState {
    let statistics = ocpp.statistics();
    ChargePointState {
        power: true,
        status: ocpp.charge_point_status(0).map_or("", ChargePointStatus::as_str),
        firmware: crate::update::version(config),
        date: ocpp.date_time().map(|date| date.to_string()),
        link: LinkState {
            connected: ocpp.is_connected(),
            accepted: ocpp.is_accepted(),
            held,
            next_try: (!ocpp.is_connected() && !held).then(|| unix(ocpp.connect_at())),
            dropped: statistics.dropped + statistics.stray + statistics.too_long,
        },
        journal: JournalState {
            waiting: ocpp.waiting_messages(),
            oldest,
            room: ocpp.journal().room(),
            transactions_left: ocpp.transactions_left(),
        },
        flash: FlashState { written: ocpp.bytes_written(), size: crate::flash::LEN },
        update: ocpp.firmware_status().as_str(),
        diagnostics: ocpp.diagnostics_status().as_str(),
    }
}

pub(crate) fn keys(ocpp: &ChargePoint<'_>) -> Vec<KeyState> {
    let keys = ocpp.configuration();
    let state = |id| {
        let key = keys.get(id)?;
        let mut value = String::new();
        if key.access != Access::WriteOnly {
            key.value.write(&mut |text| value.push_str(text));
        }
        Some(KeyState {
            name: key.name.into(),
            value,
            kind: match key.value {
                Value::Switch(_) => "switch",
                Value::Integer(_) => "number",
                _ => "text",
            },
            access: match key.access {
                Access::ReadWrite => "read and write",
                Access::ReadOnly => "read only",
                Access::WriteOnly => "write only",
            },
            reboot: key.reboot_required,
        })
    };
    keys.ids().filter_map(state).collect()
}

fn number(decimal: Decimal) -> f64 {
    decimal.mantissa() as f64 / 10_f64.powi(decimal.places().into())
}
