//! Smart charging as the standard words it, second by second, without any thought of speed.

use std::cmp::Reverse;

pub(crate) const DAY: i64 = 86_400;
pub(crate) const WEEK: i64 = 7 * DAY;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    ChargePointMax,
    TxDefault,
    Tx,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Absolute,
    Relative,
    Recurring,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    A,
    W,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) start: i64,
    /// Tenths.
    pub(crate) limit: i64,
    pub(crate) phases: Option<i64>,
}

/// A ChargingProfile; its times are in seconds since any one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) id: i64,
    pub(crate) transaction: Option<i64>,
    pub(crate) level: i64,
    pub(crate) purpose: Purpose,
    pub(crate) kind: Kind,
    /// Of the recurrencyKind, in seconds.
    pub(crate) recurrence: Option<i64>,
    pub(crate) valid_from: Option<i64>,
    pub(crate) valid_to: Option<i64>,
    pub(crate) duration: Option<i64>,
    /// Of a maximum that is relative: when it was accepted (SC-11).
    pub(crate) start: Option<i64>,
    pub(crate) unit: Unit,
    pub(crate) periods: Vec<Period>,
}

impl Profile {
    /// The period that it sets at second `t`, where a relative schedule counts from `origin`.
    pub(crate) fn at(&self, t: i64, origin: i64) -> Option<Period> {
        // §3.13.2, §7.8
        if self.valid_from.is_some_and(|from| t < from) || self.valid_to.is_some_and(|to| t >= to) {
            return None;
        }
        let start = match self.kind {
            Kind::Relative if self.purpose != Purpose::ChargePointMax => origin,
            _ => self.start?,
        };
        if t < start {
            return None;
        }
        let mut elapsed = t - start;
        if let (Kind::Recurring, Some(recurrence)) = (self.kind, self.recurrence) {
            elapsed %= recurrence; // errata 3.79, 3.44
        }
        // §5.16.4
        if self.duration.is_some_and(|duration| elapsed >= duration) {
            return None;
        }
        self.periods.iter().rev().find(|period| period.start <= elapsed).copied()
    }

    /// What can be said without the charge point: §7.13, errata 3.45, SC-12 to SC-14.
    fn is_sound(&self) -> bool {
        let is_first_0 = self.periods.first().is_some_and(|period| period.start == 0);
        let ascends = self.periods.windows(2).all(|pair| pair[0].start < pair[1].start);
        let has_start = self.kind == Kind::Relative || self.start.is_some();
        let recurs = self.kind != Kind::Recurring || self.recurrence.is_some();
        is_first_0 && ascends && has_start && recurs && self.level >= 0
    }
}

/// A limit in tenths of both units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) ampere: i64,
    pub(crate) watt: i64,
    /// On how many phases, if anybody said so.
    pub(crate) phases: Option<i64>,
    /// What it was given in.
    pub(crate) unit: Unit,
}

impl Limit {
    pub(crate) fn in_unit(&self, unit: Unit) -> i64 {
        match unit {
            Unit::A => self.ampere,
            Unit::W => self.watt,
        }
    }

    /// The minimum of both, unit by unit (§3.13.3).
    fn min(self, other: Self) -> Self {
        let phases = match (self.phases, other.phases) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        Self { ampere: self.ampere.min(other.ampere), watt: self.watt.min(other.watt), phases, ..self }
    }
}

fn min(one: Option<Limit>, other: Option<Limit>) -> Option<Limit> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Supply {
    pub(crate) volt: i64,
    pub(crate) phases: i64,
    /// Tenths of an ampere.
    pub(crate) ampere: i64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Transaction {
    pub(crate) id: i64,
    pub(crate) start: i64,
}

#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) supply: Supply,
    pub(crate) units: Vec<Unit>,
    pub(crate) profiles_max: usize,
    pub(crate) periods_max: usize,
    pub(crate) level_max: i64,
    /// With the connector of each.
    pub(crate) profiles: Vec<(i64, Profile)>,
    /// By connector, from 1 on.
    pub(crate) transactions: [Option<Transaction>; 2],
}

// ---- What is installed ----

impl Model {
    pub(crate) fn transaction(&self, connector: i64) -> Option<Transaction> {
        usize::try_from(connector - 1).ok().and_then(|index| self.transactions.get(index).copied().flatten())
    }

    fn replaces(new: (i64, &Profile), old: &(i64, Profile)) -> bool {
        let same_place = old.0 == new.0 && old.1.purpose == new.1.purpose && old.1.level == new.1.level;
        old.1.id == new.1.id || same_place // §5.16.3, §5.16.4
    }

    /// Whether it may be installed; a TxProfile has its transaction.
    fn is_fit(&self, connector: i64, profile: &Profile) -> bool {
        // SC-23
        profile.is_sound()
            && profile.level <= self.level_max
            && profile.periods.len() <= self.periods_max
            && self.units.contains(&profile.unit)
            && (self.profiles.len() < self.profiles_max
                || self.profiles.iter().any(|old| Self::replaces((connector, profile), old)))
    }

    fn install(&mut self, connector: i64, profile: Profile) {
        self.profiles.retain(|old| !Self::replaces((connector, &profile), old));
        self.profiles.push((connector, profile));
    }

    /// SetChargingProfile: whether it is Accepted.
    pub(crate) fn set(&mut self, connector: i64, profile: Profile) -> bool {
        // §3.13.1, errata 3.53
        let has_place = match profile.purpose {
            Purpose::ChargePointMax => connector == 0,
            Purpose::TxDefault => true,
            Purpose::Tx => self
                .transaction(connector)
                .is_some_and(|transaction| profile.transaction.is_none_or(|id| id == transaction.id)),
        };
        let accepted = has_place && self.is_fit(connector, &profile);
        if accepted {
            self.install(connector, profile);
        }
        accepted
    }

    /// ClearChargingProfile: whether any was removed (errata 3.25, 3.26).
    pub(crate) fn clear(
        &mut self,
        id: Option<i64>,
        connector: Option<i64>,
        purpose: Option<Purpose>,
        level: Option<i64>,
    ) -> bool {
        let before = self.profiles.len();
        self.profiles.retain(|(on, profile)| match id {
            Some(id) => profile.id != id,
            None => {
                !(connector.is_none_or(|connector| connector == *on)
                    && purpose.is_none_or(|purpose| purpose == profile.purpose)
                    && level.is_none_or(|level| level == profile.level))
            }
        });
        self.profiles.len() < before
    }

    /// Whether a RemoteStartTransaction may come with this profile (§5.16.2, errata 3.41).
    pub(crate) fn takes_with_start(&self, connector: i64, profile: &Profile) -> bool {
        profile.purpose == Purpose::Tx && profile.transaction.is_none() && self.is_fit(connector, profile)
    }

    pub(crate) fn begin(&mut self, connector: i64, transaction: Transaction, profile: Option<Profile>) {
        self.transactions[connector as usize - 1] = Some(transaction);
        if let Some(profile) = profile {
            self.install(connector, profile);
        }
    }

    /// §3.13.1
    pub(crate) fn end(&mut self, connector: i64) {
        self.transactions[connector as usize - 1] = None;
        self.profiles.retain(|(on, profile)| !(profile.purpose == Purpose::Tx && *on == connector));
    }
}

// ---- What follows from it ----

impl Model {
    /// The limit in both units: §7.12, errata 3.34 and 3.69.
    pub(crate) fn convert(&self, tenths: i64, unit: Unit, phases: Option<i64>) -> Limit {
        let Supply { volt, phases: connected, .. } = self.supply;
        match unit {
            Unit::A => {
                let used = phases.map_or(connected, |phases| phases.min(connected));
                Limit { ampere: tenths, watt: tenths * volt * used, phases, unit }
            }
            Unit::W => Limit { ampere: tenths / (volt * phases.unwrap_or(3)), watt: tenths, phases, unit },
        }
    }

    fn hardware(&self) -> Limit {
        self.convert(self.supply.ampere, Unit::A, Some(self.supply.phases))
    }

    /// The prevailing one of a purpose (§3.13.2).
    fn prevailing(&self, purpose: Purpose, connector: i64, t: i64, origin: i64) -> Option<Limit> {
        let mut candidates: Vec<_> = self
            .profiles
            .iter()
            .filter(|(on, profile)| {
                profile.purpose == purpose
                    && match purpose {
                        Purpose::ChargePointMax => true,
                        Purpose::Tx => *on == connector,
                        // §3.13.1: that of connector 0 is replaced for this connector, on its stack level (SC-02).
                        Purpose::TxDefault => {
                            *on == connector
                                || *on == 0
                                    && !self.profiles.iter().any(|(other_on, other)| {
                                        *other_on == connector
                                            && other.purpose == purpose
                                            && other.level == profile.level
                                    })
                        }
                    }
            })
            .collect();
        candidates.sort_by_key(|(_, profile)| Reverse(profile.level));
        candidates.iter().find_map(|(_, profile)| {
            profile.at(t, origin).map(|period| self.convert(period.limit, profile.unit, period.phases))
        })
    }

    pub(crate) fn maximum(&self, t: i64) -> Option<Limit> {
        self.prevailing(Purpose::ChargePointMax, 0, t, t)
    }

    /// What a connector may take by its own profiles. Without a transaction it counts as if one began at `here`.
    pub(crate) fn own(&self, connector: i64, t: i64, here: i64) -> Option<Limit> {
        let origin = self.transaction(connector).map_or(here, |transaction| transaction.start);
        // §3.13.1, §3.13.3, SC-05
        self.prevailing(Purpose::Tx, connector, t, origin)
            .or_else(|| self.prevailing(Purpose::TxDefault, connector, t, origin))
    }

    /// What GetCompositeSchedule, received at `here`, tells of second `t`.
    pub(crate) fn composite(&self, connector: i64, t: i64, here: i64) -> Limit {
        let max = self.maximum(t);
        if connector != 0 {
            return min(self.own(connector, t, here), max).unwrap_or(self.hardware()); // SC-40
        }
        // Errata 3.30
        let own = |connector| self.own(connector, t, here).unwrap_or(self.hardware());
        let (one, two) = (own(1), own(2));
        let sum = Limit { ampere: one.ampere + two.ampere, watt: one.watt + two.watt, ..one.min(two) };
        min(Some(sum), max).unwrap_or(sum)
    }

    /// What a connector may take in second `t`, which is now.
    pub(crate) fn moment(&self, connector: i64, t: i64) -> Option<Limit> {
        let own = self.own(connector, t, t);
        let mut max = self.maximum(t);
        if let (Some(limit), Some(_)) = (max, self.transaction(connector)) {
            max = Some(self.convert(self.share(limit, t), limit.unit, limit.phases));
        }
        let mut least = min(own, max)?;
        // Where one is lower in ampere and the other in watt, the power must not bring more current.
        let is_mixed = |own: Limit, max: Limit| {
            own.ampere < max.ampere && own.watt > max.watt || own.ampere > max.ampere && own.watt < max.watt
        };
        if own.zip(max).is_some_and(|(own, max)| is_mixed(own, max)) {
            least.watt = least.watt.min(self.convert(least.ampere, Unit::A, least.phases).watt);
        }
        Some(least)
    }

    /// The same for each that charges, as high as all together stay within `max` (§3.13.3, SC-10).
    fn share(&self, max: Limit, t: i64) -> i64 {
        let all = max.in_unit(max.unit);
        let needs: Vec<i64> = (1..=2)
            .filter(|connector| self.transaction(*connector).is_some())
            .map(|connector| self.own(connector, t, t).map_or(i64::MAX, |own| own.in_unit(max.unit)))
            .collect();
        let fits = |level: i64| needs.iter().map(|need| level.min(*need)).sum::<i64>() <= all;
        let (mut fit, mut too_high) = (0, all + 1);
        while fit + 1 < too_high {
            let middle = (fit + too_high) / 2;
            if fits(middle) { fit = middle } else { too_high = middle }
        }
        fit
    }

    /// All moments from `from` to `to` at which anything may change.
    pub(crate) fn edges(&self, from: i64, to: i64) -> Vec<i64> {
        let mut edges = vec![from, to];
        for (_, profile) in &self.profiles {
            edges.extend(profile.valid_from.into_iter().chain(profile.valid_to));
            let mut starts: Vec<i64> = match profile.kind {
                Kind::Relative if profile.purpose != Purpose::ChargePointMax => {
                    self.transactions.iter().flatten().map(|one| one.start).chain([from]).collect()
                }
                _ => profile.start.into_iter().collect(),
            };
            if let (Kind::Recurring, Some(recurrence), Some(start)) = (profile.kind, profile.recurrence, profile.start)
            {
                let first = start + (from - start).max(0) / recurrence * recurrence;
                starts = (0..).map(|n| first + n * recurrence).take_while(|start| *start <= to).collect();
            }
            for start in starts {
                edges.push(start);
                edges.extend(profile.duration.map(|duration| start + duration));
                edges.extend(profile.periods.iter().map(|period| start + period.start));
            }
        }
        edges.retain(|edge| (from - 1..=to + 1).contains(edge));
        edges
    }
}
