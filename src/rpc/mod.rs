//! OCPP-J: calls and answers over a WebSocket, without knowing what they are about.
//!
//! [`Rpc`] scans what arrives, matches answers to the one call in flight, lets a [`Handler`] answer the calls
//! of the other side, asks it for the next call of its own when its turn comes, and tells it how that ended.
//! It reads no clock and touches no socket: whoever drives it moves the bytes. Of the transport it knows only
//! [`Received`](crate::transport::Received), the word for what has arrived.
//!
//! | what | where |
//! |---|---|
//! | one call in flight, timeouts, link loss | [`Rpc`] |
//! | what an application offers | [`Handler`], [`CallComposer`], [`Composer`] |
//! | what we answer to a wrong call | [`CallError`] |
//! | when to send a failed call again | [`Retry`] |
//! | when to open the next connection | [`Backoff`] |

mod backoff;
mod call_error;
mod composer;
mod handler;
#[cfg_attr(not(feature = "security"), path = "absent/inflow.rs")]
mod inflow;
mod message_id;
mod retry;
mod session;

pub use backoff::Backoff;
pub use call_error::{CallError, CallErrorCode};
pub use composer::{CallComposer, Composer};
pub use handler::{Call, Handler, Outcome, Reply};
pub(crate) use inflow::Inflow;
pub use message_id::MessageId;
pub use retry::Retry;
pub use session::{Part, Rpc, Statistics};
