//! Log lines that cost nothing unless the feature `defmt` is on.

macro_rules! info {
    ($($argument:tt)*) => {
        #[cfg(feature = "defmt")]
        defmt::info!($($argument)*);
    };
}

macro_rules! warning {
    ($($argument:tt)*) => {
        #[cfg(feature = "defmt")]
        defmt::warn!($($argument)*);
    };
}

pub(crate) use {info, warning};
