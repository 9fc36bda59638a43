#![doc = include_str!("../README.md")]
#![no_std]
#![deny(missing_docs)]

#[cfg(any(test, feature = "std"))]
extern crate std;

mod bytes;
pub mod facade;
pub mod json;
mod log;
pub mod ocpp16;
pub mod rpc;
pub mod store;
pub mod time;
pub mod transport;

pub use facade::{ChargePoint, Controls, Error, Resources};
pub use ocpp16::Boot;
pub use time::Instant;
pub use transport::WebSocketTransport;
