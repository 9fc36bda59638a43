//! What the firmware talks to: ArduinoOcpp's functions as methods of a [`ChargePoint`], and two thin drivers.

mod charge_point;
mod controls;
mod engine;
mod error;
#[cfg(feature = "firmware-management")]
mod firmware_management;
mod resources;
#[cfg(feature = "async")]
mod runner;
#[cfg(feature = "smart-charging")]
mod smart_charging;

pub use crate::ocpp16::InputError;
pub use charge_point::ChargePoint;
pub use controls::Controls;
pub use error::{ConfigError, Error, Missing};
pub use resources::Resources;
#[cfg(feature = "embassy-time")]
pub use runner::EmbassyTimer;
#[cfg(feature = "async")]
pub use runner::{Connect, Handle, Runner, Shared, Timer};
