//! What the central system plans: the local list, reservations and charging profiles, and that the charge point keeps to it.

use crate::central_system::{Asked, CentralSystem};
use crate::hardware::SOCKETS;
use crate::ledger::Now;
use crate::network::Network;
use crate::time::{HOUR, Moment, SECOND, date_of};
use embedded_ocpp::ChargePoint;
use embedded_ocpp::time::DateTime;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The id of the ChargePointMaxProfile; those of the connectors follow.
const MAX_PROFILE: u64 = 60;

/// What may hold: one value, or several where nobody knows what became of a request.
pub(crate) struct Plans {
    versions: BTreeSet<i64>,
    last_version: i64,
    /// In tenths of an ampere.
    max_limits: BTreeSet<Option<i64>>,
    /// All that was ever sent: connector and tag by id.
    sent: BTreeMap<i64, (u8, String)>,
    /// What certainly stands.
    reserved: BTreeMap<u8, Reservation>,
    /// When each kind of plan was sent last.
    last_sent: BTreeMap<&'static str, Moment>,
}

#[derive(Debug)]
struct Reservation {
    id: i64,
    id_tag: String,
    expires: i64,
}

impl Default for Plans {
    fn default() -> Self {
        Self {
            versions: BTreeSet::from([0]),
            last_version: 0,
            max_limits: BTreeSet::from([None]),
            sent: BTreeMap::new(),
            reserved: BTreeMap::new(),
            last_sent: BTreeMap::new(),
        }
    }
}

fn kind_of(action: &str) -> Option<&'static str> {
    match action {
        "SendLocalList" => Some("list"),
        "ReserveNow" | "CancelReservation" => Some("reservation"),
        "SetChargingProfile" | "ClearChargingProfile" => Some("profile"),
        _ => None,
    }
}

/// The limit of all connectors that a request is about.
fn max_limit(asked: &Value) -> Option<Option<i64>> {
    let profile = &asked["csChargingProfiles"];
    let id = profile.get("chargingProfileId").or(asked.get("id"))?;
    let limit = profile["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"].as_i64();
    (*id == MAX_PROFILE).then_some(limit.map(|limit| limit * 10))
}

// ---- Commands ----

impl CentralSystem {
    /// Sends some plan; one of a kind after the other.
    pub(crate) fn plan(&mut self, now: Moment, network: &mut Network<'_>) {
        let (action, payload) = match self.chance.below(10) {
            0 | 1 => self.list(),
            2 => ("GetLocalListVersion", json!({})),
            3 | 4 => self.reservation(now),
            5 => {
                let connector = self.chance.below(SOCKETS as u64 + 1);
                ("GetCompositeSchedule", json!({"connectorId": connector, "duration": 86_400}))
            }
            6 | 7 => self.profile(),
            _ => self.transfer(now),
        };
        let kind = kind_of(action);
        let is_under_way = self.asked.values().any(|asked| kind.is_some() && kind_of(asked.action) == kind);
        if !is_under_way && self.ask(now, action, payload.clone(), network) {
            self.plans.asked(now, action, &payload);
            self.transfers.asked(action, &payload);
        }
    }

    /// Of tags that nobody shows.
    fn list(&mut self) -> (&'static str, Value) {
        let kind = self.chance.of(&["Full", "Differential"]);
        let tags = 1 + self.chance.below(6);
        let entry = |tag| json!({"idTag": format!("LIST{tag}"), "idTagInfo": {"status": "Blocked"}});
        let list: Vec<_> = (0..tags).map(entry).collect();
        let version = self.plans.last_version + 1;
        ("SendLocalList", json!({"listVersion": version, "updateType": kind, "localAuthorizationList": list}))
    }

    fn reservation(&mut self, now: Moment) -> (&'static str, Value) {
        let last = self.plans.sent.len() as i64;
        if self.chance.once_in(3) {
            return ("CancelReservation", json!({"reservationId": last}));
        }
        let connector = self.chance.between(1, SOCKETS as u64);
        let expires = date_of(now) + (self.chance.between(HOUR, 8 * HOUR) / SECOND) as i64;
        let expires = DateTime::from_unix(expires as u32).to_string();
        let id_tag = format!("CARD{:02}", self.chance.below(40));
        let payload =
            json!({"connectorId": connector, "reservationId": last + 1, "idTag": id_tag, "expiryDate": expires});
        ("ReserveNow", payload)
    }

    fn profile(&mut self) -> (&'static str, Value) {
        let connector = self.chance.below(SOCKETS as u64 + 1);
        let id = MAX_PROFILE + connector;
        if self.chance.once_in(4) {
            return ("ClearChargingProfile", json!({ "id": id }));
        }
        let purpose = if connector == 0 { "ChargePointMaxProfile" } else { "TxDefaultProfile" };
        let schedule = json!({"startSchedule": "2015-01-01T00:00:00Z", "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": self.chance.between(0, 32)}]});
        let profile = json!({"chargingProfileId": id, "stackLevel": 0, "chargingProfilePurpose": purpose,
            "chargingProfileKind": "Absolute", "chargingSchedule": schedule});
        ("SetChargingProfile", json!({"connectorId": connector, "csChargingProfiles": profile}))
    }
}

// ---- What is asked and answered ----

impl Plans {
    fn asked(&mut self, now: Moment, action: &'static str, payload: &Value) {
        if let Some(kind) = kind_of(action) {
            self.last_sent.insert(kind, now);
        }
        match action {
            "SendLocalList" => {
                self.last_version += 1;
                self.versions.insert(self.last_version);
            }
            "ReserveNow" => {
                let connector = payload["connectorId"].as_u64().unwrap() as u8;
                let id_tag = payload["idTag"].as_str().unwrap().to_owned();
                self.sent.insert(payload["reservationId"].as_i64().unwrap(), (connector, id_tag));
            }
            "CancelReservation" => self.reserved.retain(|_, reservation| payload["reservationId"] != reservation.id),
            _ => self.max_limits.extend(max_limit(payload)),
        }
    }

    /// `is_stored`: an answer waits for its record, unless the flash has failed three times in a row.
    pub(crate) fn answered(&mut self, asked: &Asked, told: &str, is_stored: bool) {
        let payload = &asked.payload;
        if asked.action == "GetLocalListVersion" {
            let version = told.parse().unwrap();
            assert!(self.versions.contains(&version), "LST-01: version {version}, not one of {:?}", self.versions);
        }
        let is_last = kind_of(asked.action).is_some_and(|kind| self.last_sent.get(kind) == Some(&asked.since));
        if !is_last || !is_stored || told != "Accepted" {
            return;
        }
        match asked.action {
            "SendLocalList" => self.versions = BTreeSet::from([payload["listVersion"].as_i64().unwrap()]),
            "ReserveNow" => {
                let id = payload["reservationId"].as_i64().unwrap();
                let (connector, id_tag) = self.sent[&id].clone();
                let expires = DateTime::parse(payload["expiryDate"].as_str().unwrap()).unwrap().as_unix().into();
                let before = self.reserved.insert(connector, Reservation { id, id_tag, expires });
                assert!(before.is_none(), "RSV-03: {connector} was reserved: {before:?}");
            }
            "CancelReservation" => {}
            _ => {
                if let Some(limit) = max_limit(payload) {
                    self.max_limits = BTreeSet::from([limit]);
                }
            }
        }
    }

    /// StartTransaction.req
    pub(crate) fn check_start(&self, payload: &Value) {
        let Some(id) = payload.get("reservationId") else { return };
        let sent = id.as_i64().and_then(|id| self.sent.get(&id));
        let fits = |(connector, id_tag): &(u8, String)| {
            payload["connectorId"] == *connector && payload["idTag"] == id_tag.as_str()
        };
        assert!(sent.is_some_and(fits), "RSV-07: {payload} of {sent:?}");
    }
}

// ---- What is seen of the charge point ----

impl Plans {
    /// RSV-07, RSV-08: what ends by its date, or with the service of its connector, may have ended.
    pub(crate) fn follow(&mut self, at: Now, charger: &ChargePoint<'_>) {
        let is_over = |expires| at.clocks.fastest().is_some_and(|clock| date_of(at.now) + clock + 2 >= expires);
        self.reserved
            .retain(|connector, reservation| charger.is_operative(*connector) && !is_over(reservation.expires));
    }

    /// RSV-07: all connectors are, be it for less than it takes to look.
    pub(crate) fn out_of_service(&mut self) {
        self.reserved.clear();
    }

    pub(crate) fn started(&mut self, connector: u8, id_tag: &str) {
        if let Some(reservation) = self.reserved.remove(&connector) {
            assert_eq!(reservation.id_tag, id_tag, "RSV-05: connector {connector} waits for another: {reservation:?}");
        }
    }

    /// RSV-07: nobody knows whether a transaction has begun.
    pub(crate) fn may_have_started(&mut self, connector: u8, id_tag: &str) {
        self.reserved.retain(|other, reservation| *other != connector || reservation.id_tag != id_tag);
    }

    pub(crate) fn check_limits(&self, charger: &ChargePoint<'_>) {
        let Some(most) = self.max_limits.iter().copied().collect::<Option<Vec<_>>>() else { return };
        let most = most.into_iter().max().unwrap();
        let charging = (1..=SOCKETS as u8).filter(|connector| charger.permits_charge(*connector));
        let limits = charging.map(|connector| charger.charging_limit(connector).map(|limit| limit.current.mantissa()));
        let limits: Vec<_> = limits.collect();
        let sum: i64 = limits.iter().map(|limit| limit.expect("SC-09: no limit")).sum();
        assert!(sum <= most, "SC-10: {limits:?} of {most}");
    }
}
