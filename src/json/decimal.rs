use super::Writer;
use core::fmt;

/// A decimal number without floats: `mantissa` × 10^-`places`.
///
/// Written with exactly `places` digits after the point, so a meter that counts in tenths shows tenths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Decimal {
    mantissa: i64,
    places: u8,
}

/// Room for a sign, 19 digits and as many places, a point and two quotes.
const TEXT_MAX: usize = 24;

impl Decimal {
    /// The most digits after the point.
    pub const PLACES_MAX: u8 = 6;

    /// `mantissa` × 10^-`places`; more than [`PLACES_MAX`](Self::PLACES_MAX) places count as that many.
    pub const fn new(mantissa: i64, places: u8) -> Self {
        Self { mantissa, places: if places > Self::PLACES_MAX { Self::PLACES_MAX } else { places } }
    }

    /// A whole number.
    pub const fn whole(value: i64) -> Self {
        Self::new(value, 0)
    }

    /// `value` tenths.
    pub const fn tenths(value: i64) -> Self {
        Self::new(value, 1)
    }

    /// `value` thousandths.
    pub const fn thousandths(value: i64) -> Self {
        Self::new(value, 3)
    }

    /// The digits without the point.
    pub const fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// How many digits stand after the point.
    pub const fn places(self) -> u8 {
        self.places
    }
}

impl Writer<'_> {
    /// Writes a decimal number as a string, which is what a meter value is (OCPP 1.6 §7.43).
    pub fn decimal(&mut self, decimal: Decimal) {
        self.byte(b'"');
        self.number(decimal.mantissa(), decimal.places());
        self.byte(b'"');
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0; TEXT_MAX];
        let mut writer = Writer::new(&mut buffer, 0);
        writer.decimal(*self);
        let len = writer.finish().unwrap_or_default();
        let quoted = core::str::from_utf8(buffer.get(..len).unwrap_or_default()).unwrap_or_default();
        f.write_str(quoted.trim_matches('"'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn mv_20_a_point_and_no_exponent() {
        for (decimal, text) in [
            (Decimal::whole(0), "0"),
            (Decimal::whole(-15), "-15"),
            (Decimal::tenths(5), "0.5"),
            (Decimal::tenths(-5), "-0.5"),
            (Decimal::tenths(160), "16.0"),
            (Decimal::thousandths(1_234_567), "1234.567"),
            (Decimal::new(7, 9), "0.000007"),
            (Decimal::whole(i64::MIN), "-9223372036854775808"),
            (Decimal::new(i64::MIN, 6), "-9223372036854.775808"),
        ] {
            assert_eq!(decimal.to_string(), text);
        }
    }
}
