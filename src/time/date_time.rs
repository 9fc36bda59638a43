use core::fmt;

/// A date and time in UTC, to the second, from 1970 to 2106.
///
/// Read from ISO 8601 text, which RFC 3339 is a part of; written as RFC 3339 with `Z` (OCPP 1.6 §3.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DateTime(u32);

const SECONDS_PER_DAY: u32 = 86_400;
const DAYS_PER_ERA: u32 = 146_097;
const DAYS_TO_EPOCH: u32 = 719_468;

impl DateTime {
    /// The length of the written form, `2025-01-01T00:00:00Z`.
    pub const TEXT_LEN: usize = 20;

    /// `seconds` after 1970-01-01T00:00:00Z.
    pub const fn from_unix(seconds: u32) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn as_unix(self) -> u32 {
        self.0
    }

    /// Seconds since the last midnight in UTC.
    pub const fn seconds_of_day(self) -> u32 {
        self.0 % SECONDS_PER_DAY
    }

    /// This date moved by `seconds`; stays at the first or last date there is.
    pub fn shifted(self, seconds: i64) -> Self {
        let shifted = i64::from(self.0).saturating_add(seconds);
        Self(shifted.clamp(0, i64::from(u32::MAX)) as u32)
    }

    /// Reads a date and time of ISO 8601: `YYYY-MM-DDThh:mm[:ss[.fraction]]`, with or without `-` and `:`, then `Z`, an offset
    /// `±hh[[:]mm]`, or nothing, which is UTC. A blank may stand for `T`, a comma for the point, and `24:00:00` for the
    /// midnight that follows. The fraction is cut off, whatever its number of digits.
    ///
    /// # Errors
    /// [`InvalidDateTime`] when the text has another form, no such date exists, or it lies outside the range.
    pub fn parse(text: &str) -> Result<Self, InvalidDateTime> {
        Ok(Self::parse_with_millis(text)?.0)
    }

    /// The same with the milliseconds of the fraction.
    ///
    /// # Errors
    /// [`InvalidDateTime`], as [`parse`](Self::parse).
    pub fn parse_with_millis(text: &str) -> Result<(Self, u16), InvalidDateTime> {
        Self::with_millis(text.as_bytes())
    }

    pub(crate) fn with_millis(text: &[u8]) -> Result<(Self, u16), InvalidDateTime> {
        Reader(text).date_time(false)
    }

    /// The same as [`parse`](Self::parse), but of a date outside the range it takes the nearest one inside: for a moment that
    /// only tells until when something holds.
    ///
    /// # Errors
    /// [`InvalidDateTime`] when the text has another form, or no such date exists.
    pub fn parse_nearest(text: &str) -> Result<Self, InvalidDateTime> {
        Self::nearest(text.as_bytes())
    }

    pub(crate) fn nearest(text: &[u8]) -> Result<Self, InvalidDateTime> {
        Ok(Reader(text).date_time(true)?.0)
    }

    /// The written form, always [`TEXT_LEN`](Self::TEXT_LEN) ASCII characters.
    pub fn to_text(self) -> [u8; Self::TEXT_LEN] {
        let (year, month, day) = civil_from_days(self.0 / SECONDS_PER_DAY);
        let second = self.seconds_of_day();
        let [[y1, y2], [y3, y4]] = [pair(year / 100), pair(year % 100)];
        let [[m1, m2], [d1, d2]] = [pair(month), pair(day)];
        let [[h1, h2], [n1, n2], [s1, s2]] = [pair(second / 3600), pair(second / 60 % 60), pair(second % 60)];
        [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z']
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(core::str::from_utf8(&self.to_text()).unwrap_or_default())
    }
}

/// The text is no date and time that OCPP allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 8601 date and time between 1970 and 2106")]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct InvalidDateTime;

/// No separator: a byte that is in no text.
const NONE: u8 = 0xff;

/// What is left of the text.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    /// The date with the milliseconds of its fraction.
    fn date_time(mut self, nearest: bool) -> Result<(DateTime, u16), InvalidDateTime> {
        let mut millis = 0;
        match self.seconds(nearest, &mut millis) {
            Some(seconds) => Ok((DateTime(seconds), millis)),
            None => Err(InvalidDateTime),
        }
    }

    #[inline(never)]
    fn seconds(&mut self, nearest: bool, millis: &mut u16) -> Option<u32> {
        let year = self.number(NONE, 4)?;
        let month = self.number(b'-', 2)?;
        let day = self.number(b'-', 2)?;
        let [b'T' | b't' | b' ', rest @ ..] = self.0 else { return None };
        self.0 = rest;
        let hour = self.number(NONE, 2)?;
        let minute = self.number(b':', 2)?;
        let mut second = 0;
        if let [b':' | b'0'..=b'9', ..] = self.0 {
            second = self.number(b':', 2)?;
            *millis = self.fraction()?;
        }
        let time = hour * 3600 + minute * 60 + second.min(59); // a leap second counts as the one before it
        let legal = (nearest || (1970..=2106).contains(&year))
            && (1..=12).contains(&month)
            && (1..=days_of_month(year, month)).contains(&day)
            && time <= SECONDS_PER_DAY
            && minute < 60
            && second <= 60;
        if !legal {
            return None;
        }
        if nearest && !(1970..2106).contains(&year) {
            self.offset_from(SECONDS_PER_DAY)?;
            return Some(if year < 1970 { 0 } else { u32::MAX });
        }
        let local = days_from_civil(year, month, day).checked_mul(SECONDS_PER_DAY)?.checked_add(time)?;
        self.offset_from(local)
    }

    /// So many digits, and the separator before them, which the basic form leaves out.
    #[inline(never)]
    fn number(&mut self, separator: u8, digits: usize) -> Option<u32> {
        if let [first, rest @ ..] = self.0
            && *first == separator
        {
            self.0 = rest;
        }
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        number.iter().try_fold(0, |value, digit| digit.is_ascii_digit().then(|| value * 10 + u32::from(digit - b'0')))
    }

    /// The milliseconds of the fraction of a second, if there is one.
    fn fraction(&mut self) -> Option<u16> {
        let [b'.' | b',', rest @ ..] = self.0 else { return Some(0) };
        self.0 = rest;
        let mut millis = self.number(NONE, 1)? as u16 * 100;
        let mut weight = 10;
        while let [digit @ b'0'..=b'9', rest @ ..] = self.0 {
            millis += u16::from(digit - b'0') * weight;
            weight /= 10;
            self.0 = rest;
        }
        Some(millis)
    }

    /// UTC from the local time and what is left: nothing, `Z`, or an offset.
    fn offset_from(&mut self, local: u32) -> Option<u32> {
        let is_west = match self.0 {
            [] | [b'Z' | b'z'] => return Some(local),
            [sign @ (b'+' | b'-'), rest @ ..] => {
                self.0 = rest;
                *sign == b'-'
            }
            _ => return None,
        };
        let hours = self.number(NONE, 2)?;
        let minutes = if self.0.is_empty() { 0 } else { self.number(b':', 2)? };
        if !self.0.is_empty() || hours >= 24 || minutes >= 60 {
            return None;
        }
        let offset = hours * 3600 + minutes * 60;
        if is_west { local.checked_add(offset) } else { local.checked_sub(offset) }
    }
}

/// The two digits of a number below 100.
#[inline(never)]
fn pair(number: u32) -> [u8; 2] {
    [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]
}

fn days_of_month(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01, counted in years that begin in March, so that the leap day comes last.
fn days_from_civil(year: u32, month: u32, day: u32) -> u32 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let era = year / 400;
    let year_of_era = year % 400;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH
}

fn civil_from_days(days: u32) -> (u32, u32, u32) {
    let days = days + DAYS_TO_EPOCH;
    let era = days / DAYS_PER_ERA;
    let day_of_era = days % DAYS_PER_ERA;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u32::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values are those of `date -u -d TEXT +%s`.
    #[test]
    fn rpc_26_reads_offsets_and_fractions() {
        for (text, unix) in [
            ("2025-01-01T00:00:00Z", 1_735_689_600),
            ("2025-01-01T00:00:00.000Z", 1_735_689_600),
            ("2025-01-01T02:00:00+02:00", 1_735_689_600),
            ("2024-12-31T18:30:00.123456789-05:30", 1_735_689_600),
            ("2024-02-29T12:34:56Z", 1_709_210_096),
            ("2000-02-29T23:59:59z", 951_868_799),
            ("2025-01-01T00:00:00", 1_735_689_600),
            ("1970-01-01T00:00:00Z", 0),
            ("2106-02-07T06:28:15Z", u32::MAX),
            ("2016-12-31T23:59:60Z", 1_483_228_799),
        ] {
            assert_eq!(DateTime::parse(text), Ok(DateTime(unix)), "{text}");
        }
    }

    #[test]
    fn rpc_26_reads_the_other_forms_of_iso_8601() {
        let (midnight, half_past_nine) = (1_735_689_600, 1_735_723_800);
        for (text, unix) in [
            ("2025-01-01T02:00:00+0200", midnight),
            ("2025-01-01T02:00:00+02", midnight),
            ("2024-12-31T19:00:00-05", midnight),
            ("2025-01-01T00:00Z", midnight),
            ("2025-01-01T02:00+02:00", midnight),
            ("2025-01-01T00:00", midnight),
            ("2025-01-01T00:00:00,5Z", midnight),
            ("2025-01-01 00:00:00,123456789123456789123456789123456789+00:00", midnight),
            ("20250101T000000Z", midnight),
            ("20250101T000000", midnight),
            ("20250101T0000Z", midnight),
            ("20250101T020000.25+0200", midnight),
            ("20250101t093000z", half_past_nine),
            ("2025-01-01T093000Z", half_past_nine),
            ("20250101T09:30:00Z", half_past_nine),
            ("2024-12-31T24:00:00Z", midnight),
            ("2024-12-31T24:00Z", midnight),
            ("20241231T240000Z", midnight),
        ] {
            assert_eq!(DateTime::parse(text), Ok(DateTime(unix)), "{text}");
            assert_eq!(DateTime::parse_nearest(text), Ok(DateTime(unix)), "{text}");
        }
    }

    #[test]
    fn rpc_26_a_fraction_has_milliseconds() {
        for (text, millis) in [
            ("2025-01-01T00:00:00Z", 0),
            ("2025-01-01T00:00:00.9Z", 900),
            ("2025-01-01T00:00:00,95Z", 950),
            ("2025-01-01T00:00:00.999999999Z", 999),
            ("20250101T000000.0019+0000", 1),
            ("2025-01-01T00:00:00.000999", 0),
        ] {
            assert_eq!(DateTime::parse_with_millis(text), Ok((DateTime(1_735_689_600), millis)), "{text}");
        }
    }

    #[test]
    fn rpc_20_bad_dates_are_refused() {
        for text in [
            "",
            "now",
            "2025-01-01",
            "20250101",
            "2025-01-01T",
            "2025-01-01T00Z",
            "2025-13-01T00:00:00Z",
            "2025-02-29T00:00:00Z",
            "2025-01-01T24:00:01Z",
            "2025-01-01T24:01:00Z",
            "2025-01-01T25:00:00Z",
            "2025-01-01T00:60:00Z",
            "2025-01-01T00:00:61Z",
            "2025-01-01T00:00:Z",
            "2025-01-01T00:00.5Z",
            "2025-01-01T00:00:00.Z",
            "2025-01-01T00:00:00,",
            "2025-01-01T00:00:00Zx",
            "2025-01-01T00:00:00ZZ",
            "2025-01-01T00:00:00+24:00",
            "2025-01-01T00:00:00+02:",
            "2025-01-01T00:00:00+02:0",
            "2025-01-01T00:00:00+02000",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+00:01",
            "2106-02-07T06:28:16Z",
            "2025-01-01T00:00:00+1",
            "+025-01-01T00:00:00Z",
            "-2025-01-01T00:00:00Z",
            "2025--1-01T00:00:00Z",
            "2025-1-01T00:00:00Z",
        ] {
            assert_eq!(DateTime::parse(text), Err(InvalidDateTime), "{text}");
        }
    }

    #[test]
    fn rpc_26_writes_utc() {
        for (unix, text) in [
            (1_735_689_600, "2025-01-01T00:00:00Z"),
            (1_709_210_096, "2024-02-29T12:34:56Z"),
            (u32::MAX, "2106-02-07T06:28:15Z"),
        ] {
            assert_eq!(std::format!("{}", DateTime(unix)), text);
        }
    }
}
