//! A charging profile: its place in RAM, and its record.

use crate::station::ConnectorId;
use crate::store::record::{RecordReader, RecordWriter};
use crate::store::{RecordKey, registry};
use crate::types::{ChargingProfileKind, ChargingProfilePurpose, ChargingRateUnit, RecurrencyKind, Symbol};

/// A moment that does not come: the end of what has none.
pub(super) const NEVER: u32 = u32::MAX;

/// A place for one charging profile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProfileSlot {
    pub(crate) id: i32,
    pub(crate) purpose: ChargingProfilePurpose,
    pub(super) kind: ScheduleKind,
    pub(crate) unit: ChargingRateUnit,
    pub(crate) stack_level: u8,
    pub(crate) connector: ConnectorId,
    /// How many periods there are; 0 for a free place.
    pub(crate) count: u8,
    pub(super) bound: Bound,
    /// The record is not what stands here.
    pub(super) is_unsaved: bool,
    pub(crate) valid: Validity,
    /// Seconds since 1970 at which the schedule begins; 0 if that is the start of a transaction, or not known yet.
    pub(crate) start: u32,
    /// Seconds, or [`NEVER`].
    pub(crate) duration: u32,
}

/// When a profile counts, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    /// 0 for always.
    pub(crate) from: u32,
    /// Or [`NEVER`].
    pub(crate) to: u32,
}

/// What the periods of a schedule count from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum ScheduleKind {
    Absolute,
    Daily,
    Weekly,
    Relative,
}

/// Which transaction a TxProfile is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// None: it has another purpose.
    No,
    /// The one that the session on the connector will become.
    Coming,
    /// The one whose start is in this entry of the journal.
    Entry(u32),
}

/// One period of a charging schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChargingPeriod {
    /// Seconds after the begin of the schedule.
    pub(super) start: u32,
    /// Tenths of the unit in the upper bits, the number of phases in the lowest two: 0 when it was left out.
    limit_and_phases: u32,
}

/// The highest limit, in tenths: what is higher counts as this.
pub(crate) const LIMIT_MAX: u32 = u32::MAX >> 2;

impl ScheduleKind {
    fn code(self) -> u8 {
        self as u8
    }

    fn from_code(code: u8) -> Option<Self> {
        [Self::Absolute, Self::Daily, Self::Weekly, Self::Relative].get(usize::from(code)).copied()
    }

    /// Seconds after which the schedule begins again (errata 3.79).
    pub(super) fn recurrence(self) -> u32 {
        match self {
            Self::Daily => 86_400,
            Self::Weekly => 7 * 86_400,
            Self::Absolute | Self::Relative => NEVER,
        }
    }
}

impl ChargingPeriod {
    pub(crate) const NONE: Self = Self { start: 0, limit_and_phases: 0 };
    const LEN: usize = 8;

    /// `limit` in tenths of the unit, at most [`LIMIT_MAX`]; `phases` at most 3, 0 when it was left out.
    pub(crate) fn new(start: u32, limit: u32, phases: u8) -> Self {
        Self { start, limit_and_phases: limit << 2 | u32::from(phases & 3) }
    }

    /// Tenths of the unit.
    pub(super) fn limit(self) -> u32 {
        self.limit_and_phases >> 2
    }

    /// 0 when it was left out.
    pub(super) fn phases(self) -> u8 {
        (self.limit_and_phases & 3) as u8
    }

    pub(crate) fn to_bytes(self) -> [u8; Self::LEN] {
        let [a, b, c, d] = self.start.to_le_bytes();
        let [e, f, g, h] = self.limit_and_phases.to_le_bytes();
        [a, b, c, d, e, f, g, h]
    }

    pub(super) fn from_bytes([a, b, c, d, e, f, g, h]: [u8; Self::LEN]) -> Self {
        Self { start: u32::from_le_bytes([a, b, c, d]), limit_and_phases: u32::from_le_bytes([e, f, g, h]) }
    }
}

impl ProfileSlot {
    pub(crate) const FREE: Self = Self {
        id: 0,
        purpose: ChargingProfilePurpose::ChargePointMaxProfile,
        kind: ScheduleKind::Relative,
        unit: ChargingRateUnit::A,
        stack_level: 0,
        connector: 0,
        count: 0,
        bound: Bound::No,
        is_unsaved: false,
        valid: Validity { from: 0, to: NEVER },
        start: 0,
        duration: NEVER,
    };

    pub(super) fn is_free(&self) -> bool {
        self.count == 0
    }

    /// Whether both cannot be installed (OCPP 1.6 §3.13.2, §5.16.3).
    pub(super) fn excludes(&self, other: &Self) -> bool {
        self.id == other.id
            || self.purpose == other.purpose
                && self.stack_level == other.stack_level
                && self.connector == other.connector
    }

    /// SC-11: a maximum that is relative counts from the moment at which it was accepted.
    pub(super) fn is_relative_maximum(&self) -> bool {
        self.kind == ScheduleKind::Relative && self.purpose == ChargingProfilePurpose::ChargePointMaxProfile
    }

    /// Whether its record does for `new` as well, which came at `date`: those who repeat themselves all day must not wear out
    /// the flash. One limit without end is the same whenever it has begun. The record of a relative maximum that begins anew
    /// is never older than half of its duration, nor than 512 s.
    pub(super) fn records(&self, new: &Self, date: u32) -> bool {
        let has_one_limit = self.count == 1 && self.duration == NEVER;
        let age = if self.is_relative_maximum() { (self.duration.min(1024) | 2).ilog2() - 1 } else { 0 };
        let begins_alike = (self.start ^ new.start) >> age == 0;
        (begins_alike || has_one_limit && self.start.max(new.start) <= date)
            && self.id == new.id
            && self.fields(0) == new.fields(0)
    }

    /// Leaves the place; its record is still to be removed.
    pub(super) fn remove(&mut self) {
        *self = Self { is_unsaved: true, ..Self::FREE };
    }

    /// All but the id, in the order of the record.
    #[inline(never)]
    fn fields(&self, start: u32) -> ([u8; 7], [u32; 5]) {
        let (bound, entry) = match self.bound {
            Bound::No => (0, 0),
            Bound::Coming => (1, 0),
            Bound::Entry(entry) => (2, entry),
        };
        let [purpose, kind, unit] = [self.purpose.code(), self.kind.code(), self.unit.code()];
        let bytes = [purpose, kind, unit, self.stack_level, self.connector, bound, self.count];
        (bytes, [entry, self.valid.from, self.valid.to, start, self.duration])
    }

    pub(super) fn write(&self, key: RecordKey, periods: &[ChargingPeriod], record: &mut [u8]) -> Option<usize> {
        let mut writer = RecordWriter::new(record);
        writer.signed(self.id.into());
        let (bytes, numbers) = self.fields(self.start);
        bytes.into_iter().for_each(|byte| writer.byte(byte));
        numbers.into_iter().for_each(|number| writer.unsigned(number.into()));
        for period in periods {
            writer.unsigned(period.start.into());
            writer.unsigned(period.limit_and_phases.into());
        }
        writer.finish(key)
    }

    /// Reads a record, and its periods into their place.
    pub(super) fn load(key: RecordKey, record: &[u8], periods: &mut [ChargingPeriod]) -> Option<Self> {
        let mut reader = RecordReader::open(key, record)?;
        let id = i32::try_from(reader.signed()?).ok()?;
        let [purpose, kind, unit, stack_level, connector, bound, count] = reader.array()?;
        let mut numbers = [0; 5];
        for number in &mut numbers {
            *number = reader.u32()?;
        }
        let [entry, valid_from, valid_to, start, duration] = numbers;
        for period in periods.get_mut(..count.into())? {
            *period = ChargingPeriod { start: reader.u32()?, limit_and_phases: reader.u32()? };
        }
        Some(Self {
            id,
            purpose: ChargingProfilePurpose::from_code(purpose)?,
            kind: ScheduleKind::from_code(kind)?,
            unit: ChargingRateUnit::from_code(unit)?,
            stack_level,
            connector,
            count,
            bound: match bound {
                0 => Bound::No,
                1 => Bound::Coming,
                _ => Bound::Entry(entry),
            },
            is_unsaved: false,
            valid: Validity { from: valid_from, to: valid_to },
            start,
            duration,
        })
    }
}

/// The record of the `index`th profile.
pub(super) fn record_key(index: usize) -> Option<RecordKey> {
    registry::nth(registry::CHARGING_PROFILES, index)
}

/// A charging profile as it stands in a message. Its periods lie in the record buffer.
pub(crate) struct Draft {
    pub(crate) profile: ProfileSlot,
    pub(crate) transaction: Option<i64>,
    /// Nothing is wrong with it, as far as can be said without looking at the charge point.
    pub(crate) is_sound: bool,
}

impl Draft {
    pub(crate) const BLANK: Self = Self { profile: ProfileSlot::FREE, transaction: None, is_sound: true };

    /// Settles what its periods count from.
    pub(crate) fn count_from(
        &mut self,
        kind: ChargingProfileKind,
        recurrency: Option<RecurrencyKind>,
        has_start: bool,
    ) {
        self.profile.kind = match (kind, recurrency) {
            (ChargingProfileKind::Absolute, _) => ScheduleKind::Absolute,
            (ChargingProfileKind::Relative, _) => ScheduleKind::Relative,
            (ChargingProfileKind::Recurring, Some(RecurrencyKind::Weekly)) => ScheduleKind::Weekly,
            (ChargingProfileKind::Recurring, recurrency) => {
                self.is_sound &= recurrency.is_some(); // SC-13
                ScheduleKind::Daily
            }
        };
        if kind == ChargingProfileKind::Relative {
            self.profile.start = 0;
        }
        self.is_sound &= has_start || kind == ChargingProfileKind::Relative; // SC-12
    }
}
