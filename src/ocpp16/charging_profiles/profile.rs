//! A ChargingProfile (OCPP 1.6 §7.8).

use crate::json::{Field, FieldKind, FieldValue, MemberWalk, Seen};
use crate::ocpp16::answer::Cause;
use crate::station::smart_charging::{ChargingPeriod, Draft, LIMIT_MAX};
use crate::time::DateTime;
use crate::types::{ChargingProfileKind, Symbol};

/// Reads the ChargingProfile that the walk stands before. `scratch` takes at most `periods_max` periods.
pub(super) fn read_profile(walk: &mut MemberWalk<'_>, scratch: &mut [u8], periods_max: usize) -> Result<Draft, Cause> {
    const FIELDS: [Field; 9] = [
        Field::required("chargingProfileId", FieldKind::Integer),
        Field::required("stackLevel", FieldKind::Integer),
        Field::required("chargingProfilePurpose", FieldKind::Text(30)),
        Field::required("chargingProfileKind", FieldKind::Text(30)),
        Field::required("chargingSchedule", FieldKind::Object),
        Field::optional("transactionId", FieldKind::Number),
        Field::optional("recurrencyKind", FieldKind::Text(30)),
        Field::optional("validFrom", FieldKind::DATE),
        Field::optional("validTo", FieldKind::DATE),
    ];
    let mut draft = Draft::BLANK;
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
            4 => has_start = read_schedule(&mut draft, walk, scratch, periods_max)?,
            5 => draft.transaction = value.long()?,
            6 => recurrency = Some(symbol(value, Cause::RecurrencyKind)?),
            7 => profile.valid.from = date(value, Cause::ValidFrom)?,
            _ => profile.valid.to = date(value, Cause::ValidTo)?,
        }
    }
    draft.count_from(kind, recurrency, has_start);
    Ok(draft)
}

/// Reads the ChargingSchedule; `true` when it has a start.
fn read_schedule(
    draft: &mut Draft,
    walk: &mut MemberWalk<'_>,
    scratch: &mut [u8],
    periods_max: usize,
) -> Result<bool, Cause> {
    const FIELDS: [Field; 5] = [
        Field::required("chargingRateUnit", FieldKind::Text(30)),
        Field::required("chargingSchedulePeriod", FieldKind::Array),
        Field::optional("duration", FieldKind::Integer),
        Field::optional("startSchedule", FieldKind::DATE),
        Field::optional("minChargingRate", FieldKind::Number), // SC-21: a hint
    ];
    let mut has_start = false;
    let mut seen = Seen::default();
    while let Some((place, value)) = walk.member(&mut seen, &FIELDS)? {
        match place {
            0 => draft.profile.unit = symbol(value, Cause::ChargingRateUnit)?,
            1 => read_periods(draft, walk, scratch, periods_max)?,
            2 => match value.integer().map(u32::try_from) {
                Some(Ok(duration)) => draft.profile.duration = duration,
                _ => draft.is_sound = false,
            },
            3 => {
                draft.profile.start = date(value, Cause::StartSchedule)?;
                has_start = true;
            }
            _ => {}
        }
    }
    Ok(has_start)
}

fn read_periods(
    draft: &mut Draft,
    walk: &mut MemberWalk<'_>,
    scratch: &mut [u8],
    periods_max: usize,
) -> Result<(), Cause> {
    const FIELDS: [Field; 3] = [
        Field::required("startPeriod", FieldKind::Integer),
        Field::required("limit", FieldKind::Number),
        Field::optional("numberPhases", FieldKind::Integer),
    ];
    let (places, _) = scratch.as_chunks_mut();
    let mut places = places.iter_mut().take(periods_max);
    let mut last = None;
    draft.profile.count = 0;
    while walk.object()? {
        let (mut start, mut limit, mut phases) = (-1, None, 0);
        let mut seen = Seen::default();
        while let Some((place, value)) = walk.member(&mut seen, &FIELDS)? {
            match place {
                0 => start = value.integer().unwrap_or(-1),
                1 => limit = value.number().and_then(tenths),
                _ => {
                    phases = value.integer().unwrap_or(0);
                    draft.is_sound &= (1..=3).contains(&phases);
                }
            }
        }
        // SC-14: the first begins with the schedule, and each after the one before.
        let in_order = last.map_or(start == 0, |last| start > last);
        last = Some(start);
        match (limit, places.next()) {
            (Some(limit), Some(place)) if in_order => {
                *place = ChargingPeriod::new(start as u32, limit, (phases & 3) as u8).to_bytes();
                draft.profile.count = draft.profile.count.saturating_add(1);
            }
            _ => draft.is_sound = false,
        }
    }
    draft.is_sound &= last.is_some();
    Ok(())
}

/// A value of an enumeration (SC-24).
pub(super) fn symbol<T: Symbol>(value: FieldValue<'_>, otherwise: Cause) -> Result<T, Cause> {
    value.text().and_then(T::from_json).ok_or(otherwise)
}

/// Seconds since 1970; what lies outside of them counts as their first or last.
fn date(value: FieldValue<'_>, otherwise: Cause) -> Result<u32, Cause> {
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
