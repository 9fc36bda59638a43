//! One charge point beside its model.

use crate::bench::{self, Hardware, Output, serve, told};
use crate::chance::Chance;
use crate::draw;
use crate::model::{DAY, Kind, Limit, Model, Profile, Purpose, Supply, Transaction, Unit, WEEK};
use crate::support::Timeline;
use embedded_ocpp::ocpp16::Reason;
use serde_json::{Value, json};

#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) sets: u64,
    pub(crate) accepted: u64,
    pub(crate) rejected: u64,
    cleared: u64,
    transactions: u64,
    boots: u64,
    composites: u64,
    /// Compared seconds of composite schedules.
    seconds: u64,
    /// Sets during which time passed beside the model.
    pub(crate) watched: u64,
    /// Compared seconds of what outputs were told.
    moments: u64,
}

pub(crate) struct Round {
    chance: Chance,
    t: Timeline,
    hardware: Hardware,
    pub(crate) model: Model,
    pub(crate) story: Vec<String>,
    next_transaction: i64,
}

impl Round {
    pub(crate) fn new(seed: u64) -> Self {
        let mut chance = Chance(seed);
        let outputs = chance.of(&[
            [Output::Both; 2],
            [Output::Both; 2],
            [Output::Ampere; 2],
            [Output::Watt; 2],
            [Output::Ampere, Output::Watt],
        ]);
        let supply = chance.of(&[
            Supply { volt: 230, phases: 3, ampere: 320 },
            Supply { volt: 230, phases: 3, ampere: 320 },
            Supply { volt: 230, phases: 1, ampere: 160 },
            Supply { volt: 110, phases: 2, ampere: 485 },
        ]);
        // The seconds of the monotonic clock and those of dates need not begin together.
        let clock_start = if chance.once_in(3) { chance.below(5000) } else { 0 };
        let hardware = Hardware { outputs, supply, resumes: chance.once_in(2), clock_start };
        let mut t = bench::boot(hardware);
        let model = bench::model(&mut t, hardware);
        Self { chance, t, hardware, model, story: vec![format!("{hardware:?}")], next_transaction: 1 }
    }

    /// Nothing is looked at any more.
    pub(crate) fn leave(mut self) {
        self.t.wire.outgoing.clear();
    }

    fn now(&self) -> i64 {
        self.t.seconds() as i64
    }

    fn tell(&mut self, line: String) {
        let line = format!("{:6} s: {line}", self.now());
        self.story.push(line);
    }

    /// A few events, looked at from all sides.
    pub(crate) fn play_set(&mut self, counts: &mut Counts) {
        counts.sets += 1;
        if !self.chance.once_in(4) {
            self.clear((None, None, None, None), counts);
        }
        let count = 1 + self.chance.below(5) + if self.chance.once_in(8) { 12 } else { 0 };
        for _ in 0..count {
            match self.chance.below(16) {
                0 => {
                    let wanted = draw::wanted(&mut self.chance);
                    self.clear(wanted, counts);
                }
                1 | 2 => {
                    let connector = 1 + self.chance.below(2) as i64;
                    match self.model.transaction(connector) {
                        Some(_) => self.end(connector),
                        None => self.begin(connector, counts),
                    }
                }
                3 => {
                    let seconds = self.chance.below(20) as i64;
                    self.pass(seconds, counts);
                }
                _ => self.set(counts),
            }
            self.check_moment(counts);
        }
        for _ in 0..2 {
            self.check_composite(counts);
        }
        if self.chance.once_in(2) {
            counts.watched += 1;
            let most = if self.chance.once_in(8) { 400 } else { 120 };
            let seconds = 20 + self.chance.below(most) as i64;
            let is_offline = self.chance.once_in(8); // SC-30
            if is_offline {
                self.tell("the link goes down".into());
                self.t.link_down();
            }
            self.pass(seconds, counts);
            if is_offline {
                self.t.link_up();
                serve(&mut self.t, 0);
            }
            self.check_composite(counts);
        }
        if self.chance.once_in(25) {
            self.reboot(counts);
            self.check_composite(counts);
        }
    }

    fn set(&mut self, counts: &mut Counts) {
        let running: Vec<i64> = self.model.transactions.iter().flatten().map(|one| one.id).collect();
        let (now, periods_max) = (self.now(), self.model.periods_max);
        let mut profile = draw::profile(&mut self.chance, now, &running, periods_max);
        if self.model.units.len() == 1 && !self.chance.once_in(8) {
            profile.unit = self.model.units[0];
        }
        let mut connector = match profile.purpose {
            Purpose::ChargePointMax if !self.chance.once_in(8) => 0,
            Purpose::Tx if !self.chance.once_in(8) => 1 + self.chance.below(2) as i64,
            _ => self.chance.below(3) as i64,
        };
        let counts_from_now =
            |profile: &Profile| profile.purpose == Purpose::ChargePointMax && profile.kind == Kind::Relative;
        let known = self.chance.below(4 * self.model.profiles.len() as u64 + 1) as usize;
        if let Some(known) = self.model.profiles.get(known).filter(|(_, known)| !counts_from_now(known)) {
            (connector, profile) = known.clone(); // some controllers repeat themselves all day
        }
        let request = json!({"connectorId": connector, "csChargingProfiles": draw::write(&profile)});
        if counts_from_now(&profile) {
            profile.start = Some(now);
        }
        let accepted = self.model.set(connector, profile);
        *(if accepted { &mut counts.accepted } else { &mut counts.rejected }) += 1;
        let status = if accepted { "Accepted" } else { "Rejected" };
        self.tell(format!("{status}: SetChargingProfile {request}"));
        self.t.call("SetChargingProfile", request).expect(status);
        serve(&mut self.t, 0);
    }

    fn clear(&mut self, wanted: draw::Wanted, counts: &mut Counts) {
        let (id, connector, purpose, level) = wanted;
        let status = if self.model.clear(id, connector, purpose, level) { "Accepted" } else { "Unknown" };
        counts.cleared += u64::from(status == "Accepted");
        let request = draw::write_wanted(wanted);
        self.tell(format!("{status}: ClearChargingProfile {request}"));
        self.t.call("ClearChargingProfile", request).expect(status);
        serve(&mut self.t, 0);
    }

    fn begin(&mut self, connector: i64, counts: &mut Counts) {
        let id = self.next_transaction;
        self.next_transaction += 2;
        let now = self.now();
        self.t.plug(connector as u8);
        serve(&mut self.t, id);
        let mut with = None;
        let started = if self.chance.once_in(2) {
            let mut profile = draw::profile(&mut self.chance, now, &[], self.model.periods_max);
            if !self.chance.once_in(5) {
                (profile.purpose, profile.transaction) = (Purpose::Tx, None);
            }
            let accepted = self.model.takes_with_start(connector, &profile);
            let status = if accepted { "Accepted" } else { "Rejected" };
            let request = json!({"connectorId": connector, "idTag": "TAG", "chargingProfile": draw::write(&profile)});
            self.tell(format!("{status}: RemoteStartTransaction {request}, {id}"));
            self.t.call("RemoteStartTransaction", request).expect(status);
            with = accepted.then_some(profile);
            let started = serve(&mut self.t, id);
            assert_eq!(started, accepted);
            started
        } else {
            self.tell(format!("a card begins {id} on {connector}"));
            self.t.card(connector as u8, "TAG");
            let started = serve(&mut self.t, id);
            assert!(started);
            started
        };
        if started {
            counts.transactions += 1;
            self.model.begin(connector, Transaction { id, start: now }, with);
        }
    }

    fn end(&mut self, connector: i64) {
        self.tell(format!("the transaction on {connector} ends"));
        self.t.charger().end_transaction(None, Reason::Local, connector as u8).unwrap();
        self.t.settle();
        serve(&mut self.t, 0);
        self.t.unplug(connector as u8);
        serve(&mut self.t, 0);
        self.model.end(connector);
    }

    fn reboot(&mut self, counts: &mut Counts) {
        self.tell("boots".into());
        counts.boots += 1;
        self.t.reboot();
        serve(&mut self.t, 0);
        for connector in (1..=2).filter(|_| !self.hardware.resumes) {
            self.t.unplug(connector as u8);
            serve(&mut self.t, 0);
            self.model.end(connector);
        }
        self.check_moment(counts);
        self.check_composite(counts);
        self.pass(20, counts);
        for connector in 1..=2 {
            if self.model.transaction(connector).is_some() {
                self.end(connector);
            }
        }
        self.check_moment(counts);
    }

    /// What the model wants an output to be told.
    fn wanted(&self, connector: i64, t: i64) -> bench::Told {
        let limit = self.model.moment(connector, t);
        let (ampere, watt) = (limit.map(|limit| limit.ampere), limit.map(|limit| limit.watt));
        match self.hardware.outputs[connector as usize - 1] {
            Output::Both => (ampere, watt),
            Output::Ampere => (ampere, None),
            Output::Watt => (None, watt),
        }
    }

    fn check_moment(&mut self, counts: &mut Counts) {
        let now = self.now();
        for connector in 1..=2 {
            counts.moments += 1;
            let (wanted, told) = (Some(self.wanted(connector, now)), told(connector));
            assert_eq!(told, wanted, "{now} s: what connector {connector} is told");
        }
    }

    /// Time passes; the charge point is polled only when it wants to be.
    fn pass(&mut self, seconds: i64, counts: &mut Counts) {
        let end = self.now() + seconds;
        self.tell(format!("until {end} s"));
        let mut second = self.now();
        loop {
            // Until it wakes, all seconds are as they were told.
            let wake = self.t.next_deadline().div_ceil(1000) as i64;
            while second < wake.min(end + 1) {
                for connector in 1..=2 {
                    counts.moments += 1;
                    let (wanted, told) = (self.wanted(connector, second), told(connector));
                    // It wakes at whole seconds of its own clock.
                    let is_late = !self.hardware.clock_start.is_multiple_of(1000)
                        && told == Some(self.wanted(connector, second - 1));
                    assert!(
                        told == Some(wanted) || is_late,
                        "{second} s: connector {connector} was told {told:?}, not {wanted:?}"
                    );
                }
                second += 1;
            }
            if wake > end {
                break;
            }
            let deadline = self.t.next_deadline();
            self.t.at_ms(deadline);
            serve(&mut self.t, 0);
        }
        self.t.at(end as u64);
        serve(&mut self.t, 0);
        self.check_moment(counts);
    }

    fn check_composite(&mut self, counts: &mut Counts) {
        counts.composites += 1;
        let connector = self.chance.below(3) as i64;
        let is_long = self.chance.once_in(8);
        let asked = match self.chance.below(20) {
            _ if is_long => self.chance.of(&[3600, DAY, 2 * DAY + 7, WEEK, WEEK + 1]),
            0 => self.chance.below(3) as i64,
            _ => 10 + self.chance.below(290) as i64,
        };
        let unit = self.chance.of(&[Some(Unit::A), Some(Unit::W), None]);
        let now = self.now();
        let mut request = json!({"connectorId": connector, "duration": asked});
        if let Some(unit) = unit {
            request["chargingRateUnit"] = format!("{unit:?}").into();
        }
        self.tell(format!("GetCompositeSchedule {request}"));
        let call = self.t.call("GetCompositeSchedule", request);
        if unit.is_some_and(|unit| !self.model.units.contains(&unit)) {
            return call.expect("Rejected"); // SC-37
        }
        let conf = call.result();
        let duration = asked.min(WEEK);
        let schedule = &conf["chargingSchedule"];
        assert_eq!(conf["status"], "Accepted");
        assert_eq!(conf["connectorId"], connector);
        assert_eq!(conf["scheduleStart"], draw::date(now));
        assert_eq!(schedule["duration"], duration);
        assert!(schedule.get("startSchedule").is_none(), "errata 3.57");
        let told = if schedule["chargingRateUnit"] == "A" { Unit::A } else { Unit::W };
        assert!(self.model.units.contains(&told) && unit.is_none_or(|unit| unit == told));
        let periods = periods(schedule);
        assert_eq!(periods.first().map(|period| period.0), Some(0));
        assert!(
            periods.windows(2).all(|pair| pair[0].0 < pair[1].0 && (pair[0].1, pair[0].2) != (pair[1].1, pair[1].2))
        );
        let last = (now + duration - 1).max(now);
        let mut seconds: Vec<i64> = (now..=last.min(now + if is_long { 60 } else { 300 })).collect();
        if is_long {
            let edges = self.model.edges(now, last).into_iter();
            let edges = edges.chain(periods.iter().map(|period| now + period.0).take(200));
            seconds.extend(edges.flat_map(|edge| [edge - 1, edge, edge + 1]).filter(|t| (now..=last).contains(t)));
            seconds.sort_unstable();
            seconds.dedup();
        }
        let mut index = 0;
        for t in seconds {
            counts.seconds += 1;
            while periods.get(index + 1).is_some_and(|period| period.0 <= t - now) {
                index += 1;
            }
            let (start, limit, phases) = periods[index];
            let model: Limit = self.model.composite(connector, t, now);
            let wanted = (model.in_unit(told), model.phases);
            assert_eq!(
                (limit, phases),
                wanted,
                "{t} s, {} s after {now}: the period from {start} on of {conf}",
                t - now
            );
        }
    }
}

/// Start, limit in tenths and numberPhases.
fn periods(schedule: &Value) -> Vec<(i64, i64, Option<i64>)> {
    let read = |period: &Value| {
        let tenths = (period["limit"].as_f64().unwrap() * 10.0).round() as i64;
        (period["startPeriod"].as_i64().unwrap(), tenths, period.get("numberPhases").and_then(Value::as_i64))
    };
    schedule["chargingSchedulePeriod"].as_array().unwrap().iter().map(read).collect()
}
