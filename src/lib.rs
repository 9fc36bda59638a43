#![cfg_attr(not(feature = "std"), no_std)]
//! x
#[cfg(test)]
extern crate std;
pub mod json;
pub mod rpc;
pub mod store;
pub mod time;
pub mod transport;
