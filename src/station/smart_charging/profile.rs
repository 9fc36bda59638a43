//! A charging profile: its place in RAM, how it is read from a message, and its record.

use crate::json::{Field, Kind as Json, Seen, Value, Walk};
use crate::station::ConnectorId;
use crate::station::answer::Cause;
use crate::store::record::{RecordReader, RecordWriter};
use crate::store::{RecordKey, registry};
use crate::time::DateTime;
use crate::types::{ChargingProfileKind, ChargingProfilePurpose, ChargingRateUnit, RecurrencyKind, Symbol};

/// A moment that does not come: the end of what has none.
pub(super) const NEVER: u32 = u32::MAX;

/// A place for one charging profile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProfileSlot {
    pub(super) id: i32,
    pub(super) purpose: ChargingProfilePurpose,
    pub(super) kind: Kind,
    pub(super) unit: ChargingRateUnit,
    pub(super) stack_level: u8,
    pub(crate) connector: ConnectorId,
    /// How many periods there are; 0 for a free place.
    pub(super) count: u8,
    pub(super) bound: Bound,
    /// The record is not what stands here.
    pub(super) is_unsaved: bool,
    /// Seconds since 1970 from which on it is valid, 0 for always.
    pub(super) valid_from: u32,
    /// Seconds since 1970 until which it is valid, or [`NEVER`].
    pub(super) valid_to: u32,
    /// Seconds since 1970 at which the schedule begins; 0 if that is the start of a transaction, or not known yet.
    pub(super) start: u32,
    /// Seconds, or [`NEVER`].
    pub(super) duration: u32,
}

/// What the periods of a schedule count from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
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
const LIMIT_MAX: u32 = u32::MAX >> 2;

impl Kind {
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

    /// Tenths of the unit.
    pub(super) fn limit(self) -> u32 {
        self.limit_and_phases >> 2
    }

    /// 0 when it was left out.
    pub(super) fn phases(self) -> u8 {
        (self.limit_and_phases & 3) as u8
    }

    fn to_bytes(self) -> [u8; Self::LEN] {
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
        kind: Kind::Relative,
        unit: ChargingRateUnit::A,
        stack_level: 0,
        connector: 0,
        count: 0,
        bound: Bound::No,
        is_unsaved: false,
        valid_from: 0,
        valid_to: NEVER,
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
        self.kind == Kind::Relative && self.purpose == ChargingProfilePurpose::ChargePointMaxProfile
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
        (bytes, [entry, self.valid_from, self.valid_to, start, self.duration])
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
            kind: Kind::from_code(kind)?,
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
            valid_from,
            valid_to,
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
    pub(super) profile: ProfileSlot,
    pub(super) transaction: Option<i64>,
    /// Nothing is wrong with it, as far as can be said without looking at the charge point.
    pub(super) is_sound: bool,
}

impl Draft {
    /// Reads the ChargingProfile that the walk stands before. `scratch` takes at most `periods_max` periods.
    pub(crate) fn read(walk: &mut Walk<'_>, scratch: &mut [u8], periods_max: usize) -> Result<Self, Cause> {
        const FIELDS: [Field; 9] = [
            Field::required("chargingProfileId", Json::Integer),
            Field::required("stackLevel", Json::Integer),
            Field::required("chargingProfilePurpose", Json::Text(30)),
            Field::required("chargingProfileKind", Json::Text(30)),
            Field::required("chargingSchedule", Json::Object),
            Field::optional("transactionId", Json::Number),
            Field::optional("recurrencyKind", Json::Text(30)),
            Field::optional("validFrom", Json::DATE),
            Field::optional("validTo", Json::DATE),
        ];
        let mut draft = Self { profile: ProfileSlot::FREE, transaction: None, is_sound: true };
        let mut kind = ChargingProfileKind::Relative;
        let mut recurrency = None;
        let mut has_start = false;
        let mut seen = Seen::default();
        while let Some((place, value)) = walk.member(&mut seen, &FIELDS)? {
            let profile = &mut draft.profile;
            match place {
                0 => profile.id = value.integer().unwrap_or_default(),
                1 => match value.integer().map(u8::try_from) {
                    Some(Ok(level)) => profile.stack_level = level,
                    _ => draft.is_sound = false,
                },
                2 => profile.purpose = symbol(value, Cause::ChargingProfilePurpose)?,
                3 => kind = symbol(value, Cause::ChargingProfileKind)?,
                4 => has_start = draft.read_schedule(walk, scratch, periods_max)?,
                5 => draft.transaction = value.long()?,
                6 => recurrency = Some(symbol(value, Cause::RecurrencyKind)?),
                7 => profile.valid_from = date(value, Cause::ValidFrom)?,
                _ => profile.valid_to = date(value, Cause::ValidTo)?,
            }
        }
        draft.profile.kind = match (kind, recurrency) {
            (ChargingProfileKind::Absolute, _) => Kind::Absolute,
            (ChargingProfileKind::Relative, _) => Kind::Relative,
            (ChargingProfileKind::Recurring, Some(RecurrencyKind::Weekly)) => Kind::Weekly,
            (ChargingProfileKind::Recurring, recurrency) => {
                draft.is_sound &= recurrency.is_some(); // SC-13
                Kind::Daily
            }
        };
        if kind == ChargingProfileKind::Relative {
            draft.profile.start = 0;
        }
        draft.is_sound &= has_start || kind == ChargingProfileKind::Relative; // SC-12
        Ok(draft)
    }

    /// Reads the ChargingSchedule; `true` when it has a start.
    fn read_schedule(&mut self, walk: &mut Walk<'_>, scratch: &mut [u8], periods_max: usize) -> Result<bool, Cause> {
        const FIELDS: [Field; 5] = [
            Field::required("chargingRateUnit", Json::Text(30)),
            Field::required("chargingSchedulePeriod", Json::Array),
            Field::optional("duration", Json::Integer),
            Field::optional("startSchedule", Json::DATE),
            Field::optional("minChargingRate", Json::Number), // SC-21: a hint
        ];
        let mut has_start = false;
        let mut seen = Seen::default();
        while let Some((place, value)) = walk.member(&mut seen, &FIELDS)? {
            match place {
                0 => self.profile.unit = symbol(value, Cause::ChargingRateUnit)?,
                1 => self.read_periods(walk, scratch, periods_max)?,
                2 => match value.integer().map(u32::try_from) {
                    Some(Ok(duration)) => self.profile.duration = duration,
                    _ => self.is_sound = false,
                },
                3 => {
                    self.profile.start = date(value, Cause::StartSchedule)?;
                    has_start = true;
                }
                _ => {}
            }
        }
        Ok(has_start)
    }

    fn read_periods(&mut self, walk: &mut Walk<'_>, scratch: &mut [u8], periods_max: usize) -> Result<(), Cause> {
        const FIELDS: [Field; 3] = [
            Field::required("startPeriod", Json::Integer),
            Field::required("limit", Json::Number),
            Field::optional("numberPhases", Json::Integer),
        ];
        let (places, _) = scratch.as_chunks_mut();
        let mut places = places.iter_mut().take(periods_max);
        let mut last = None;
        self.profile.count = 0;
        while walk.object()? {
            let (mut start, mut limit, mut phases) = (-1, None, 0);
            let mut seen = Seen::default();
            while let Some((place, value)) = walk.member(&mut seen, &FIELDS)? {
                match place {
                    0 => start = value.integer().unwrap_or(-1),
                    1 => limit = value.number().and_then(tenths),
                    _ => {
                        phases = value.integer().unwrap_or(0);
                        self.is_sound &= (1..=3).contains(&phases);
                    }
                }
            }
            // SC-14: the first begins with the schedule, and each after the one before.
            let in_order = last.map_or(start == 0, |last| start > last);
            last = Some(start);
            match (limit, places.next()) {
                (Some(limit), Some(place)) if in_order => {
                    let limit_and_phases = limit << 2 | (phases & 3) as u32;
                    *place = ChargingPeriod { start: start as u32, limit_and_phases }.to_bytes();
                    self.profile.count = self.profile.count.saturating_add(1);
                }
                _ => self.is_sound = false,
            }
        }
        self.is_sound &= last.is_some();
        Ok(())
    }
}

/// A value of an enumeration (SC-24).
pub(super) fn symbol<T: Symbol>(value: Value<'_>, otherwise: Cause) -> Result<T, Cause> {
    value.text().and_then(T::from_json).ok_or(otherwise)
}

/// Seconds since 1970; what lies outside of them counts as their first or last.
fn date(value: Value<'_>, otherwise: Cause) -> Result<u32, Cause> {
    let date = value.text().and_then(|text| DateTime::nearest(text.as_bytes()).ok());
    date.map(DateTime::as_unix).ok_or(otherwise)
}

/// The tenths in a JSON number, rounded down; `None` when it is negative. What is too high counts as the highest.
fn tenths(number: &[u8]) -> Option<u32> {
    // So many digits still count; behind the point only one does.
    let mut places = u32::MAX;
    let mut tenths = 0u32;
    for byte in number.iter().copied() {
        match byte {
            b'0'..=b'9' if places > 0 => {
                tenths = tenths.saturating_mul(10).saturating_add((byte - b'0').into());
                places -= 1;
            }
            b'0'..=b'9' => {}
            b'.' => places = 1,
            b'-' => return None,
            _ => return scaled(number),
        }
    }
    if places > 1 {
        tenths = tenths.saturating_mul(10);
    }
    Some(tenths.min(LIMIT_MAX))
}

/// The same for a number with an exponent.
#[inline(never)]
fn scaled(bytes: &[u8]) -> Option<u32> {
    let exponent_at = bytes.iter().position(|byte| byte | 0x20 == b'e').unwrap_or(bytes.len());
    let (digits, exponent) = bytes.split_at_checked(exponent_at)?;
    let point = digits.iter().position(|byte| *byte == b'.').unwrap_or(digits.len());
    // So many digits stand before the point of the tenths.
    let mut places = (point as i32).saturating_add(1).saturating_add(exponent_of(exponent));
    let mut tenths = 0u32;
    for digit in digits.iter().filter(|byte| byte.is_ascii_digit()) {
        if places <= 0 {
            return Some(tenths.min(LIMIT_MAX));
        }
        places -= 1;
        tenths = tenths.saturating_mul(10).saturating_add(u32::from(digit - b'0'));
    }
    while places > 0 && tenths > 0 && tenths < LIMIT_MAX {
        places -= 1;
        tenths = tenths.saturating_mul(10);
    }
    Some(tenths.min(LIMIT_MAX))
}

/// What stands after `e`, `e+` or `e-`, bounded.
fn exponent_of(text: &[u8]) -> i32 {
    let digits = text.iter().filter(|byte| byte.is_ascii_digit());
    let exponent =
        digits.fold(0i32, |exponent, digit| exponent.saturating_mul(10).saturating_add((digit - b'0').into()));
    let exponent = exponent.min(1 << 24);
    if text.contains(&b'-') { -exponent } else { exponent }
}

#[cfg(test)]
mod tests {
    use super::{LIMIT_MAX, tenths};

    #[test]
    fn sc_20_limits_are_exact_tenths() {
        for (number, expected) in [
            ("0", Some(0)),
            ("0.0", Some(0)),
            ("16", Some(160)),
            ("16.0", Some(160)),
            ("8.1", Some(81)),
            ("16.66666", Some(166)),
            ("0.09", Some(0)),
            ("1.6e1", Some(160)),
            ("1.6E+1", Some(160)),
            ("1600e-2", Some(160)),
            ("1605e-2", Some(160)),
            ("1e-1", Some(1)),
            ("1e-2", Some(0)),
            ("1e-99999999999", Some(0)),
            ("0e99999999999", Some(0)),
            ("1e99999999999", Some(LIMIT_MAX)),
            ("0.0000000000000000000000000000001e32", Some(100)),
            ("22000", Some(220_000)),
            ("99999999999999999999", Some(LIMIT_MAX)),
            ("-1", None),
            ("-0.0", None),
        ] {
            assert_eq!(tenths(number.as_bytes()), expected, "{number}");
        }
    }
}
