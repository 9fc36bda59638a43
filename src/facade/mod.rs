//! What the firmware talks to: ArduinoOcpp's functions as methods of a [`ChargePoint`], and two thin drivers.

pub mod capacity;
#[cfg(feature = "security")]
mod certificates;
mod charge_point;
mod connection;
mod connector_closures;
mod controls;
mod engine;
mod error;
#[cfg(feature = "firmware-management")]
mod firmware_management;
#[cfg(feature = "async")]
mod keeper;
#[cfg(feature = "async")]
mod link;
#[cfg(feature = "async")]
mod panel;
mod resources;
#[cfg(feature = "async")]
mod runner;
#[cfg(feature = "security")]
mod security;
#[cfg(feature = "smart-charging")]
mod smart_charging;
#[cfg(feature = "async")]
mod timer;

pub use crate::ocpp16::InputError;
pub use charge_point::ChargePoint;
pub use connector_closures::ConnectorClosures;
pub use controls::Controls;
pub use error::{ConfigError, Error, Missing};
#[cfg(feature = "async")]
pub use link::{Closed, Link};
#[cfg(feature = "async")]
pub use panel::{Panel, PanelError};
pub use resources::Resources;
#[cfg(feature = "async")]
pub use runner::{Handle, Runner, Shared};
#[cfg(feature = "embassy-time")]
pub use timer::EmbassyTimer;
#[cfg(feature = "async")]
pub use timer::Timer;
