// The links of the README lead to files; in the documentation the first definition of a link counts, and leads to its page.
#![doc = concat!("[floors]: ", include_str!("guide/floors.uri"))]
#![doc = concat!("[simulator]: ", include_str!("guide/simulator.uri"))]
#![doc = include_str!("guide/links.md")]
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![deny(missing_docs)]

#[cfg(any(test, feature = "std"))]
extern crate std;

#[cfg(any(feature = "websocket", feature = "security", feature = "signed-meter-values"))]
mod base64;
mod bytes;
#[cfg(feature = "security")]
pub mod certificate;
pub mod facade;
pub mod guide;
pub mod json;
mod log;
pub mod ocpp16;
#[cfg(test)]
mod ocpp201;
pub mod rpc;
mod station;
pub mod store;
pub mod time;
pub mod transport;
mod types;

pub use facade::{ChargePoint, Controls, Error, Resources};
pub use ocpp16::{Boot, ConnectorHardware};
pub use time::Instant;
pub use transport::WebSocketTransport;
