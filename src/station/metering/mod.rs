//! MeterValues: what is measured, when, and how it is told (OCPP 1.6 §3.16, §4.7).

mod aligned;
mod alignment;
mod groups;
mod lengths;
mod list;
mod meters;
mod reading;
mod sample;
mod sampling;
mod series;
mod transaction_data;
mod values;

pub(crate) use alignment::{
    Alignment, CLOCK_ALIGNED_DATA_INTERVAL, METER_VALUES_ALIGNED_DATA, METER_VALUES_IN_TX_ONLY,
};
#[cfg(feature = "signed-meter-values")]
pub(crate) use groups::began;
pub(crate) use groups::transaction_data;
pub(crate) use lengths::announce;
#[cfg(feature = "signed-meter-values")]
pub(crate) use list::{MEASURANDS, asks_for_any};
pub(crate) use list::{
    METER_VALUES_ALIGNED_DATA_MAX_LENGTH, METER_VALUES_SAMPLED_DATA_MAX_LENGTH, STOP_TXN_ALIGNED_DATA_MAX_LENGTH,
    STOP_TXN_SAMPLED_DATA_MAX_LENGTH,
};
pub(crate) use meters::Meters;
#[cfg(feature = "signed-meter-values")]
pub(crate) use reading::ENERGY;
pub use reading::{MeterInput, MeterReading};
pub(crate) use sample::written_sample;
pub(crate) use sampling::{METER_VALUE_SAMPLE_INTERVAL, METER_VALUES_SAMPLED_DATA, Sampling};
pub(crate) use series::{
    STOP_TRANSACTION_MAX_METER_VALUES, STOP_TXN_ALIGNED_DATA, STOP_TXN_SAMPLED_DATA, TransactionSeries, series_record,
};
#[cfg(feature = "signed-meter-values")]
pub(crate) use values::write_value;
pub(crate) use values::{MeterValue, read_value, register_of};
