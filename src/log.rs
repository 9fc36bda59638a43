//! Log lines that cost nothing unless the feature `defmt` or `log` is on. Both may be.

macro_rules! info {
    ($($argument:tt)*) => {
        #[cfg(feature = "defmt")]
        defmt::info!($($argument)*);
        #[cfg(feature = "log")]
        ::log::info!($($argument)*);
    };
}

macro_rules! warning {
    ($($argument:tt)*) => {
        #[cfg(feature = "defmt")]
        defmt::warn!($($argument)*);
        #[cfg(feature = "log")]
        ::log::warn!($($argument)*);
    };
}

/// The same with an error that `defmt` knows by its `Debug` alone.
#[cfg(all(feature = "async", feature = "websocket"))]
macro_rules! failed {
    ($what:literal, $error:expr) => {
        #[cfg(feature = "defmt")]
        defmt::warn!($what, defmt::Debug2Format(&$error));
        #[cfg(feature = "log")]
        ::log::warn!($what, $error);
        let _ = $error;
    };
}

/// `Format` in the words of `Debug`, where it cannot be derived.
macro_rules! format_as_debug {
    ($($type:ty),+) => {
        $(#[cfg(feature = "defmt")]
        impl defmt::Format for $type {
            fn format(&self, formatter: defmt::Formatter<'_>) {
                defmt::write!(formatter, "{}", defmt::Debug2Format(self));
            }
        })+
    };
}

#[cfg(all(feature = "async", feature = "websocket"))]
pub(crate) use failed;
pub(crate) use {format_as_debug, info, warning};
