//! A charge point on a bench: wires, flash and a clock of the test's own, so that a test reads as a timeline.
//!
//! ```text
//! let mut t = bench().start();
//! t.boot();
//! t.at(10).plug(1);
//! t.expect_status(1, "Preparing");
//! t.at(70).call("Reset", json!({"type": "Soft"})).expect_result(json!({"status": "Accepted"}));
//! ```
//!
//! Time passes only in [`Timeline::at`], which polls the charge point at every deadline that it has named and never in
//! between. Every frame of the charge point must be expected, at the moment at which it is sent and in its order: what
//! is left over when time moves on, or when the test ends, fails the test. [`frame`] looks at each of them as well.

#![allow(dead_code, unused_imports, unreachable_pub)] // each test takes its part

pub mod cards;
mod evse;
mod flash;
mod frame;
pub mod meter_only;
pub mod meters;
pub mod pki;
#[cfg(feature = "smart-charging")]
pub mod profiles;
mod settings;
#[cfg(feature = "signed-meter-values")]
pub mod signatures;
#[cfg(feature = "signed-meter-values")]
pub mod signer;
mod timeline;
mod wire;

pub use evse::{Evse, leak};
pub use frame::{Frame, covers};
pub use settings::own_value;
pub use timeline::{Bench, Configure, Timeline, bench, booted, charging, date, plugged};
pub use wire::{Event, Wire, WireError};
