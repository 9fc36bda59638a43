//! UpdateFirmware and GetDiagnostics: what is loaded is what was asked for last, not too early, and as often as it may be.

use crate::central_system::{Asked, CentralSystem, REFUSED};
use crate::hardware::SOCKETS;
use crate::ledger::Now;
use crate::loader::{Begun, Loader};
use crate::time::{HOUR, MINUTE, Moment, SECOND, date_of};
use embedded_ocpp::ChargePoint;
use embedded_ocpp::ocpp16::{DiagnosticsStatus, FirmwareStatus};
use embedded_ocpp::time::DateTime;
use serde_json::{Value, json};

/// Loading with all its tries, and an installation with the boot that ends it, take no longer in calm weather.
const LOADS_MAX: Moment = HOUR;
/// What is due begins within it in calm weather, and what has happened is told.
const SOON: Moment = 10 * MINUTE;

#[derive(Default)]
pub(crate) struct Transfers {
    sent: u64,
    /// What may hold, the latest last: several of a kind where nobody knows what became of a request.
    orders: Vec<Order>,
    /// When nothing was loaded and nothing installed last, and when something was.
    idle_at: Moment,
    busy_at: Moment,
    /// When an installation was under way last.
    installed_at: Option<Moment>,
}

#[derive(Debug)]
struct Order {
    action: &'static str,
    location: String,
    date: Option<i64>,
    retries: u64,
    retry_interval: Moment,
    /// When its answer has come, if that says that it certainly holds.
    answered_at: Option<Moment>,
    tries: u64,
    tried_at: Moment,
    /// The boot of these tries: the next one has as many.
    boot: u32,
}

// ---- What is asked and answered ----

impl CentralSystem {
    pub(crate) fn transfer(&mut self, now: Moment) -> (&'static str, Value) {
        let location = format!("ftp://files/{}/", self.transfers.sent);
        let (retries, interval) = (self.chance.below(3), self.chance.between(10, 120));
        let mut request = json!({"location": location, "retries": retries, "retryInterval": interval});
        if self.chance.once_in(2) {
            return ("GetDiagnostics", request);
        }
        let date = date_of(now) + (self.chance.below(2 * HOUR) / SECOND) as i64;
        request["retrieveDate"] = DateTime::from_unix(date as u32).to_string().into();
        ("UpdateFirmware", request)
    }
}

impl Transfers {
    pub(crate) fn asked(&mut self, action: &'static str, payload: &Value) {
        if !["UpdateFirmware", "GetDiagnostics"].contains(&action) {
            return;
        }
        self.sent += 1;
        let date = payload["retrieveDate"].as_str().map(|date| DateTime::parse(date).unwrap().as_unix().into());
        self.orders.push(Order {
            action,
            location: payload["location"].as_str().unwrap().to_owned(),
            date,
            retries: payload["retries"].as_u64().unwrap(),
            retry_interval: payload["retryInterval"].as_u64().unwrap() * SECOND,
            answered_at: None,
            tries: 0,
            tried_at: 0,
            boot: 0,
        });
    }

    /// `is_stored`: an answer waits for its record, unless the flash has failed three times in a row.
    pub(crate) fn answered(&mut self, now: Moment, asked: &Asked, told: &str, is_stored: bool) {
        if told == REFUSED {
            let may_fail = asked.action == "GetDiagnostics" && !is_stored;
            let may_be_refused = asked.action == "UpdateFirmware"
                && (!is_stored || self.installed_at.is_some_and(|at| at >= asked.since));
            assert!(may_fail || may_be_refused, "RPC-15: an error for {} {}", asked.action, asked.payload);
        }
        let Some(place) = self.orders.iter().position(|order| asked.payload["location"] == *order.location) else {
            return;
        };
        let has_nothing = asked.action == "GetDiagnostics" && told.is_empty();
        if is_stored && (told == REFUSED || has_nothing) {
            self.orders.remove(place);
        } else if is_stored {
            self.orders[place].answered_at = Some(now);
            self.replace(place);
        }
    }

    /// FW-08: what was asked before it does not hold any more.
    fn replace(&mut self, place: usize) {
        let action = self.orders[place].action;
        let mut places = 0..;
        self.orders.retain(|order| places.next() >= Some(place) || order.action != action);
    }
}

// ---- What is seen of the charge point ----

impl Transfers {
    /// No upload outlives a boot.
    pub(crate) fn booted(&mut self) {
        self.orders.retain(|order| order.action == "UpdateFirmware");
    }

    /// The device does not give its records back: a try may fail without having begun.
    pub(crate) fn doubt(&mut self) {
        self.orders.iter_mut().for_each(|order| order.answered_at = None);
    }

    /// `can_read`: the device gives its records back, so that a request holds but once.
    pub(crate) fn begun(&mut self, at: Now, begun: &Begun, can_read: bool) {
        let location = match begun {
            Begun::Transfer(location) => location,
            Begun::Installation => {
                return self.orders.retain(|order| order.action != "UpdateFirmware" || order.tries == 0);
            }
        };
        let place = self.orders.iter().position(|order| order.location == *location);
        let place = place.unwrap_or_else(|| panic!("FW-08, DG-02: {location} is loaded, not one of {:?}", self.orders));
        self.replace(place);
        let order = self.orders.iter_mut().find(|order| order.location == *location).unwrap();
        if order.boot == at.boot && can_read {
            assert!(order.tries <= order.retries, "FW-03, DG-04: one more try: {order:?}");
            assert!(at.now >= order.tried_at + order.retry_interval, "FW-03, DG-04: too early again: {order:?}");
        } else {
            let is_due = |date| at.clocks.fastest().is_some_and(|clock| date_of(at.now) + clock + 1 >= date);
            assert!(order.date.is_none_or(is_due) || !can_read, "FW-01: before its date: {order:?}");
            (order.boot, order.tries) = (at.boot, 0);
        }
        order.tries += 1;
        order.tried_at = at.now;
    }

    pub(crate) fn follow(&mut self, now: Moment, charger: &ChargePoint<'_>, loader: &Loader) {
        let status = charger.firmware_status();
        let mut connectors = 1..=SOCKETS as u8;
        if status == FirmwareStatus::Installing {
            self.installed_at = Some(now);
            loader.firmware.announce_installation();
            let busy = connectors.clone().find(|connector| charger.is_transaction_running(*connector));
            assert_eq!(busy, None, "FW-05: it is installed during a transaction");
        }
        let waits = connectors.any(|connector| charger.transaction(connector).is_some());
        let is_idle = status == FirmwareStatus::Idle && charger.diagnostics_status() == DiagnosticsStatus::Idle;
        if is_idle || status == FirmwareStatus::Downloaded && waits {
            self.idle_at = now;
        }
        if !is_idle {
            self.busy_at = now;
        }
    }

    /// What must be so in calm weather, `since` then, and since the boot.
    pub(crate) fn check_calm(&self, at: Now, since: Moment, loader: &Loader) {
        assert!(at.now < self.idle_at.max(since) + LOADS_MAX, "FW-03, DG-04: it loads for ever");
        if at.now < self.busy_at.max(since) + SOON {
            return;
        }
        assert!(!loader.firmware.owes(), "FW-07: not told: {:?}", loader.firmware);
        assert!(!loader.diagnostics.owes(), "DG-02: not told: {:?}", loader.diagnostics);
        let Some(clock) = at.clocks.slowest() else { return };
        let soon = (SOON / SECOND) as i64;
        let is_due = |date| date_of(at.now) + clock > date + soon;
        // What is not the latest may have been replaced.
        let latest = |action| self.orders.iter().rfind(|order| order.action == action);
        let is_late = |order: &&Order| {
            let is_ready = order.answered_at.is_some_and(|answered| at.now > answered.max(since) + SOON);
            is_ready && order.tries == 0 && order.date.is_none_or(is_due)
        };
        let late = ["UpdateFirmware", "GetDiagnostics"].into_iter().filter_map(latest).find(is_late);
        assert!(late.is_none(), "FW-01, DG-01: never begun: {late:?}");
    }
}
