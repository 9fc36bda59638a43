//! JSON with bounds: every input is total, nothing recurses without a limit, no float is ever linked.
//!
//! A frame is first [scanned](scan), which proves that it is well-formed JSON of bounded depth; only then
//! is its payload [read](read) by `serde-json-core`, which by itself would recurse without a bound and
//! accept more than JSON.

mod decimal;
mod read;
mod scan;
mod text;
mod write;

pub use decimal::Decimal;
pub(crate) use read::{Field, Kind, ReadError, Strictness, read};
pub(crate) use scan::elements;
pub use scan::{DEPTH_MAX, Frame, Malformed, MessageKind, Problem, scan};
pub use text::{CiString, JsonStr, TextTooLong};
pub use write::{BufferFull, Json, Name, Raw, Serde, Writer, append, name};
