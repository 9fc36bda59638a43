use core::fmt;

/// A date and time in UTC, to the second, from 1970 to 2106.
///
/// Read from RFC 3339 text with any offset and any number of fraction digits, which are cut off; written
/// with `Z` (OCPP 1.6 §3.15).
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

    /// Reads `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)`. Without an offset the time is taken as UTC.
    ///
    /// # Errors
    /// [`InvalidDateTime`] when the text has another form, no such date exists, or it lies outside the range.
    pub fn parse(text: &str) -> Result<Self, InvalidDateTime> {
        Reader(text.as_bytes()).date_time(false).ok_or(InvalidDateTime)
    }

    /// The same, but of a date outside the range it takes the nearest one inside: for a moment that only tells until when
    /// something holds.
    ///
    /// # Errors
    /// [`InvalidDateTime`] when the text has another form, or no such date exists.
    pub fn parse_nearest(text: &str) -> Result<Self, InvalidDateTime> {
        Reader(text.as_bytes()).date_time(true).ok_or(InvalidDateTime)
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct InvalidDateTime;

impl fmt::Display for InvalidDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an RFC 3339 date and time between 1970 and 2106")
    }
}

impl core::error::Error for InvalidDateTime {}

/// What is left of the text.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn date_time(mut self, nearest: bool) -> Option<DateTime> {
        let mut numbers = [0; 6];
        for (index, number) in numbers.iter_mut().enumerate() {
            *number = self.number(if index == 0 { 4 } else { 2 })?;
            match index {
                0 | 1 => self.one_of(b"-").map(drop)?,
                2 => self.one_of(b"Tt ").map(drop)?,
                3 | 4 => self.one_of(b":").map(drop)?,
                _ => {}
            }
        }
        let [year, month, day, hour, minute, second] = numbers;
        self.fraction()?;
        let legal = (nearest || (1970..=2106).contains(&year))
            && (1..=12).contains(&month)
            && (1..=days_of_month(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second <= 60; // a leap second counts as the one before it
        if !legal {
            return None;
        }
        let time = hour * 3600 + minute * 60 + second.min(59);
        if nearest && !(1970..2106).contains(&year) {
            self.offset_from(SECONDS_PER_DAY)?;
            return Some(DateTime(if year < 1970 { 0 } else { u32::MAX }));
        }
        let local = days_from_civil(year, month, day).checked_mul(SECONDS_PER_DAY)?.checked_add(time)?;
        self.offset_from(local).map(DateTime)
    }

    fn number(&mut self, digits: usize) -> Option<u32> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        number.iter().try_fold(0, |value, digit| digit.is_ascii_digit().then(|| value * 10 + u32::from(digit - b'0')))
    }

    fn one_of(&mut self, wanted: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        wanted.contains(first).then_some(*first)
    }

    fn fraction(&mut self) -> Option<()> {
        if self.0.first() != Some(&b'.') {
            return Some(());
        }
        self.0 = self.0.get(1..)?;
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.0 = self.0.get(digits..)?;
        (digits > 0).then_some(())
    }

    /// UTC from the local time and what is left: nothing, `Z`, or an offset.
    fn offset_from(&mut self, local: u32) -> Option<u32> {
        if self.0.is_empty() {
            return Some(local);
        }
        let sign = self.one_of(b"Zz+-")?;
        if sign | 0x20 == b'z' {
            return self.0.is_empty().then_some(local);
        }
        let hours = self.number(2)?;
        self.one_of(b":")?;
        let minutes = self.number(2)?;
        if !self.0.is_empty() || hours >= 24 || minutes >= 60 {
            return None;
        }
        let offset = hours * 3600 + minutes * 60;
        if sign == b'-' { local.checked_add(offset) } else { local.checked_sub(offset) }
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
    fn rpc_20_bad_dates_are_refused() {
        for text in [
            "",
            "now",
            "2025-01-01",
            "2025-13-01T00:00:00Z",
            "2025-02-29T00:00:00Z",
            "2025-01-01T24:00:00Z",
            "2025-01-01T00:60:00Z",
            "2025-01-01T00:00:00.Z",
            "2025-01-01T00:00:00Zx",
            "2025-01-01T00:00:00+24:00",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+00:01",
            "2106-02-07T06:28:16Z",
            "20250101T000000Z",
            "2025-01-01T00:00:00+1",
            "+025-01-01T00:00:00Z",
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
