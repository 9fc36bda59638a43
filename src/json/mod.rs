//! JSON with bounds: every input is total, nothing recurses without a limit, no float is ever linked.
//!
//! A frame is first [taken apart](scan) up to its [`Payload`], which is then read in one pass: what the walk over its members
//! has passed is proven to be well-formed JSON of bounded depth. Payloads of the firmware's own go through serde: out by
//! [`Serde`], in by [`from_payload`], both on `serde-json-core`. On text that was not proven that would recurse without a
//! bound.

mod decimal;
#[cfg(feature = "security")]
mod drain;
mod grammar;
mod payload;
mod problem;
mod read;
mod scan;
mod text;
mod walk;
mod write;

pub use decimal::Decimal;
#[cfg(feature = "security")]
pub(crate) use drain::Drain;
pub use payload::{Payload, from_payload};
pub(crate) use payload::{long_of_answer, read_answer};
pub use problem::{DEPTH_MAX, Problem};
pub(crate) use read::{Field, FieldKind, FieldValue, ReadError, Strictness, integer};
pub use scan::{Frame, Malformed, MessageKind, scan};
pub use text::{CiString, JsonStr, TextTooLong};
pub(crate) use text::{clip, offset_of_char};
#[cfg(any(feature = "local-auth-list", feature = "smart-charging"))]
pub(crate) use walk::Seen;
pub(crate) use walk::{MemberWalk, elements};
pub use write::{BufferFull, Json, Name, Raw, Serde, Writer, append, name};
