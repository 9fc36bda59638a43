//! Monotonic time that drives every timer, and the wall clock of the charge point.
//!
//! The two never mix: a deadline is an [`Instant`], a date on the wire is a [`DateTime`], and only
//! [`Clock`] knows how they relate. A clock that jumps moves no timer.

mod clock;
mod date_time;
mod instant;

pub use clock::Clock;
pub use date_time::{DateTime, InvalidDateTime};
pub use instant::{Duration, Instant};
