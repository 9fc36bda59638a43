//! What the central system plans: charging profiles, reservations and the local list, and that plans are kept.

use crate::server::Asked;
use crate::walk::{Walk, Weather};
use embedded_ocpp::ocpp16::ConnectorId;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};

const NEW_LIST: &[&str] = &["Accepted"];
const OLD_LIST: &[&str] = &["VersionMismatch"];
const RESERVED: &[&str] = &["Accepted", "Faulted", "Occupied", "Rejected", "Unavailable"];
const CANCELLED: &[&str] = &["Accepted", "Rejected"];
const REFUSED: &[&str] = &["Rejected"];
/// Nobody walks that far.
const FAR: &str = "2060-01-01T00:00:00Z";
/// A profile that always holds; their ids are these and the connector.
const TX_PROFILE: i64 = 70;
const ALWAYS: i64 = 60;

type Command = (&'static str, Value, &'static [&'static str]);
/// What may hold; several where an answer is missing.
type Candidates = HashSet<Option<i64>>;

/// What is known of the plans of the central system.
#[derive(Default)]
pub(crate) struct Plans {
    /// The limits that always hold, in tenths of an ampere: of each connector, and of all for 0.
    limits: HashMap<ConnectorId, Candidates>,
    /// Reservations that are certain: id and tag by connector.
    reserved: HashMap<ConnectorId, (i64, String)>,
    /// Reservations that were asked about, without an answer yet.
    pending: HashSet<i64>,
    /// All that was ever reserved.
    ever_reserved: HashSet<(i64, u64, String)>,
    /// What the StartTransactions of each connector are to say.
    starts: HashMap<u64, VecDeque<(String, Option<i64>)>>,
    versions: HashSet<i64>,
}

// ---- Commands ----

impl Walk {
    pub(crate) fn has_plans(&self) -> bool {
        [Weather::Charging, Weather::Reservations, Weather::List, Weather::Transfers]
            .into_iter()
            .any(|weather| self.has(weather))
    }

    pub(crate) fn plan(&mut self) -> Option<Command> {
        match self.chance.below(4) {
            0 if self.has(Weather::Charging) => Some(self.plan_charging()),
            1 if self.has(Weather::Reservations) => Some(self.plan_reservation()),
            2 if self.has(Weather::List) => Some(self.plan_list()),
            3 if self.has(Weather::Transfers) => Some(self.transfer()),
            _ => None,
        }
    }

    fn plan_charging(&mut self) -> Command {
        let connector = self.chance.below(u64::from(self.connectors) + 1) as i64;
        match self.chance.below(6) {
            0 => ("ClearChargingProfile", json!({"id": ALWAYS + connector}), &[]),
            1 => ("GetCompositeSchedule", json!({"connectorId": connector, "duration": 86_400}), &[]),
            2 if connector > 0 => {
                let id = TX_PROFILE + connector;
                let schedule =
                    json!({"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7}]});
                let profile = json!({"chargingProfileId": id, "stackLevel": 0, "chargingProfilePurpose": "TxProfile",
                    "chargingProfileKind": "Relative", "chargingSchedule": schedule});
                ("SetChargingProfile", json!({"connectorId": connector, "csChargingProfiles": profile}), &[])
            }
            _ => {
                let purpose = if connector == 0 { "ChargePointMaxProfile" } else { "TxDefaultProfile" };
                let limit = self.chance.of(&[0, 61, 80, 160, 321]) as f64 / 10.0;
                let schedule = json!({"startSchedule": "2015-01-01T00:00:00Z", "chargingRateUnit": "A",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]});
                let profile = json!({"chargingProfileId": ALWAYS + connector, "stackLevel": 0,
                    "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute",
                    "chargingSchedule": schedule});
                ("SetChargingProfile", json!({"connectorId": connector, "csChargingProfiles": profile}), &[])
            }
        }
    }

    fn plan_reservation(&mut self) -> Command {
        let id = 1 + self.chance.below(6);
        if self.chance.once_in(3) {
            return ("CancelReservation", json!({ "reservationId": id }), CANCELLED);
        }
        let connector = self.chance.below(u64::from(self.connectors) + 2);
        let statuses = if connector > u64::from(self.connectors) { REFUSED } else { RESERVED };
        let until = if self.chance.once_in(4) { self.date() } else { FAR.to_owned() };
        let id_tag = self.chance.of(&["A", "B", "C", "N"]);
        let request = json!({"connectorId": connector, "reservationId": id, "idTag": id_tag, "expiryDate": until});
        ("ReserveNow", request, statuses)
    }

    /// Of tags that nobody shows.
    fn plan_list(&mut self) -> Command {
        if self.chance.once_in(3) {
            return ("GetLocalListVersion", json!({}), &[]);
        }
        let version = 1 + self.chance.below(30) as i64;
        let kind = self.chance.of(&["Full", "Differential", "Differential"]);
        let tags = self.chance.of(&[&["L1"][..], &["L2"], &["L1", "L2"]]);
        let entry = |tag: &&str| json!({"idTag": tag, "idTagInfo": {"status": "Blocked"}});
        let list: Vec<Value> = tags.iter().map(entry).collect();
        let known = &self.promises.plans.versions;
        let is_known = known.len() == 1 && !self.has(Weather::Corruption) && !self.has(Weather::Busy);
        let statuses = match known.iter().next() {
            Some(now) if is_known && kind == "Differential" && version <= *now => OLD_LIST,
            Some(_) if is_known && !self.has(Weather::Flash) => NEW_LIST,
            _ => &[],
        };
        let request = json!({"listVersion": version, "updateType": kind, "localAuthorizationList": list});
        ("SendLocalList", request, statuses)
    }
}

// ---- What is asked and answered ----

/// The connector and the limit of a profile that always holds, which a request is about.
fn limit_of(action: &str, payload: &Value) -> Option<(ConnectorId, Option<i64>)> {
    let profile = &payload["csChargingProfiles"];
    let id = if action == "ClearChargingProfile" { &payload["id"] } else { &profile["chargingProfileId"] };
    let connector = id.as_i64().filter(|id| (ALWAYS..TX_PROFILE).contains(id))? - ALWAYS;
    let limit = profile["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"].as_f64();
    Some((connector as ConnectorId, limit.map(|limit| (limit * 10.0).round() as i64)))
}

impl Walk {
    /// Until the answer comes both may be.
    pub(crate) fn asks_plan(&mut self, action: &str, payload: &Value) {
        let plans = &mut self.promises.plans;
        match action {
            "SetChargingProfile" | "ClearChargingProfile" => {
                if let Some((connector, limit)) = limit_of(action, payload) {
                    plans.limits.entry(connector).or_insert_with(|| HashSet::from([None])).insert(limit);
                }
            }
            "ReserveNow" | "CancelReservation" => {
                let Some(id) = payload["reservationId"].as_i64() else { return };
                plans.pending.insert(id);
                if let (Some(connector), Some(tag)) = (payload["connectorId"].as_u64(), payload["idTag"].as_str()) {
                    plans.ever_reserved.insert((id, connector, tag.to_owned()));
                }
            }
            "SendLocalList" => {
                if plans.versions.is_empty() {
                    plans.versions.insert(0);
                }
                plans.versions.extend(payload["listVersion"].as_i64());
            }
            _ => {}
        }
    }

    pub(crate) fn learn_plan(&mut self, asked: &Asked, status: &str, answer: Option<&Value>) {
        // Open: an answer does not wait for a flash that fails.
        let is_kept = self.strict || !self.flash.is_in_trouble;
        let (is_corrupt, has_bad_flash) = (self.has(Weather::Corruption), self.has(Weather::Flash));
        // Of several at once nobody knows which comes last.
        let is_alone = !self.server.asked.values().any(|other| other.action == asked.action);
        let payload = &asked.payload;
        let plans = &mut self.promises.plans;
        match asked.action {
            action @ ("SetChargingProfile" | "ClearChargingProfile") => {
                let Some((connector, limit)) = limit_of(action, payload) else { return };
                if status == "Accepted" && is_kept && is_alone {
                    plans.limits.insert(connector, HashSet::from([limit]));
                }
            }
            "ReserveNow" | "CancelReservation" => {
                let Some(id) = payload["reservationId"].as_i64() else { return };
                plans.pending.remove(&id);
                let is_known = plans.reserved.values().any(|(other, _)| *other == id);
                if asked.action == "CancelReservation" {
                    assert!(status == "Accepted" || !is_known || is_corrupt, "RSV-10: {id} of {:?}", plans.reserved);
                }
                if status != "Accepted" {
                    return;
                }
                plans.reserved.retain(|_, (other, _)| *other != id);
                let connector = payload.get("connectorId").and_then(Value::as_u64).unwrap_or(0) as ConnectorId;
                let is_lasting = payload["expiryDate"] == FAR;
                if let (Some(tag), true, true) = (payload["idTag"].as_str(), connector > 0 && is_lasting, is_kept) {
                    let before = plans.reserved.insert(connector, (id, tag.to_owned()));
                    assert!(before.is_none() || is_corrupt, "RSV-03: {connector} was reserved: {before:?}");
                }
            }
            "SendLocalList" => {
                if let (Some(version), "Accepted", true) = (payload["listVersion"].as_i64(), status, is_alone) {
                    plans.versions = HashSet::from([version]);
                }
            }
            "GetLocalListVersion" => {
                let Some(version) = answer.and_then(|answer| answer["listVersion"].as_i64()) else { return };
                if plans.versions.is_empty() {
                    plans.versions.insert(0);
                }
                assert!(plans.versions.contains(&version) || is_corrupt, "LST-01: {version} of {:?}", plans.versions);
                let is_settled = !self.server.asked.values().any(|other| other.action == "SendLocalList");
                if is_settled && !has_bad_flash {
                    plans.versions = HashSet::from([version]);
                }
            }
            _ => {}
        }
    }

    /// Nobody knows what became of what was asked.
    pub(crate) fn lose_plans(&mut self) {
        let plans = &mut self.promises.plans;
        let pending = std::mem::take(&mut plans.pending);
        plans.reserved.retain(|_, (id, _)| !pending.contains(id));
    }
}

// ---- What is seen of the charge point ----

impl Walk {
    /// RSV-08: faults and the end of service end a reservation.
    pub(crate) fn follow_reservations(&mut self) {
        let charger = self.charger.as_ref().unwrap();
        self.promises.plans.reserved.retain(|connector, _| charger.is_operative(*connector) && charger.is_operative(0));
    }

    /// A transaction has started.
    pub(crate) fn check_claim(&mut self, connector: ConnectorId, id_tag: &str) {
        let is_loose = self.has(Weather::Corruption) || self.has(Weather::Flash);
        let plans = &mut self.promises.plans;
        let certain = plans.reserved.remove(&connector).filter(|(id, _)| !plans.pending.contains(id));
        let mut expected = None;
        if let (Some((id, owner)), false) = (certain, is_loose) {
            assert!(owner.eq_ignore_ascii_case(id_tag), "RSV-05: {connector} of {owner} is taken by {id_tag}");
            expected = Some(id);
        }
        plans.starts.entry(connector.into()).or_default().push_back((id_tag.to_owned(), expected));
    }

    /// StartTransaction.req
    pub(crate) fn check_reservation_of(&mut self, payload: &Value) {
        let (connector, id_tag) = (payload["connectorId"].as_u64().unwrap(), payload["idTag"].as_str().unwrap());
        let id = payload.get("reservationId").and_then(Value::as_i64);
        if self.has(Weather::Corruption) {
            return;
        }
        let plans = &mut self.promises.plans;
        if let Some(id) = id {
            let is_of = |(other, on, owner): &(i64, u64, String)| {
                *other == id && [0, connector].contains(on) && owner.eq_ignore_ascii_case(id_tag)
            };
            assert!(plans.ever_reserved.iter().any(is_of), "RSV-07: {payload} of {:?}", plans.ever_reserved);
        }
        let expected = plans.starts.get_mut(&connector).and_then(VecDeque::pop_front);
        if let Some((tag, Some(expected))) = expected.filter(|(tag, _)| tag == id_tag) {
            assert_eq!(id, Some(expected), "RSV-07: by {tag} on {connector}");
        }
    }

    /// What must hold at rest.
    pub(crate) fn check_plans(&self) {
        let (charger, plans) = (self.charger(), &self.promises.plans);
        for (connector, (id, owner)) in &plans.reserved {
            if !plans.pending.contains(id) {
                assert!(charger.is_reserved(*connector), "RSV-12: {connector} of {owner} is free");
            }
        }
        if !self.has(Weather::Charging) {
            return;
        }
        let none = HashSet::from([None]);
        let candidates = |id: ConnectorId| plans.limits.get(&id).unwrap_or(&none);
        let limit = |id: ConnectorId| charger.charging_limit(id).map(|limit| limit.current.mantissa());
        // SC-10
        if let Some(max) = candidates(0).iter().copied().collect::<Option<Vec<i64>>>() {
            let max = max.into_iter().max().unwrap();
            // Those that end take nothing.
            let charging = (1..=self.connectors).filter(|id| charger.permits_charge(*id));
            let limits: Vec<_> = charging.map(|id| (id, limit(id))).collect();
            let sum: i64 = limits.iter().map(|(_, limit)| limit.expect("SC-09: no limit")).sum();
            assert!(sum <= max, "SC-10: {limits:?} of {max}");
        }
        // SC-09, SC-17, SC-27
        for id in (1..=self.connectors).filter(|id| charger.transaction(*id).is_none()) {
            let mins = candidates(0)
                .iter()
                .flat_map(|max| candidates(id).iter().map(move |own| own.iter().chain(max).min().copied()));
            let mins: HashSet<_> = mins.collect();
            assert!(mins.contains(&limit(id)), "SC-09: {id} may take {:?}, not {mins:?}", limit(id));
        }
    }
}
