use core::ops::{Add, Sub};

/// A moment of the monotonic clock: milliseconds since the firmware started.
///
/// The firmware passes it into every call that depends on time. It must never run backwards; that it
/// starts at zero is not required.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Instant(u64);

impl Instant {
    /// The moment at which the monotonic clock started.
    pub const ZERO: Self = Self(0);
    /// A moment that never comes.
    pub const NEVER: Self = Self(u64::MAX);

    /// `milliseconds` after the clock started.
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// `seconds` after the clock started.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the clock started.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since the clock started. Saturates after 136 years.
    pub const fn as_secs(self) -> u32 {
        // In two steps of 32 bits: 64-bit division is a large and slow library call on 32-bit chips.
        let high = (self.0 >> 16) as u32;
        if self.0 >> 48 > 0 || high / 1000 > 0xffff {
            return u32::MAX;
        }
        let low = ((high % 1000) << 16) | (self.0 & 0xffff) as u32;
        ((high / 1000) << 16) | (low / 1000)
    }

    /// Milliseconds since the last whole second.
    pub(crate) const fn subsec_millis(self) -> u32 {
        let high = (self.0 >> 16) as u32; // in two steps, too; 2^32 · 2^16 ms are never over
        (((high % 1000) << 16) | (self.0 & 0xffff) as u32) % 1000
    }

    /// The time from `earlier` to `self`, zero when `earlier` is the later one.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    #[inline(never)]
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.0))
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration.0))
    }
}

/// A span of monotonic time in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Duration(u64);

impl Duration {
    /// A span of `milliseconds`.
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// A span of `seconds`.
    pub const fn from_secs(seconds: u32) -> Self {
        Self(seconds as u64 * 1000)
    }

    /// Milliseconds of the span.
    pub const fn as_millis(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Instant;

    #[test]
    fn whole_seconds_to_136_years() {
        for (ms, seconds) in [
            (0, 0),
            (999, 0),
            (1000, 1),
            (65_535_999, 65_535),
            (65_536_000, 65_536),
            (4_294_967_295, 4_294_967),
            (4_294_967_295_999, u32::MAX),
            (4_294_967_296_000, u32::MAX),
            (u64::MAX, u32::MAX),
        ] {
            assert_eq!(Instant::from_millis(ms).as_secs(), seconds, "{ms}");
            if seconds != u32::MAX {
                assert_eq!(u64::from(Instant::from_millis(ms).subsec_millis()), ms % 1000, "{ms}");
            }
        }
    }
}
