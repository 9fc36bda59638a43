//! Heartbeat (OCPP 1.6 §4.6).

use crate::json::{Field, FieldKind, FieldValue, read_answer};
use crate::rpc::Outcome;
use crate::station::Station;
use crate::time::{DateTime, Instant};

/// 2020-01-01T00:00:00Z; what is told before that comes from a clock that was never set.
const EARLIEST: DateTime = DateTime::from_unix(1_577_836_800);

pub(super) fn conclude(station: &mut Station<'_>, now: Instant, outcome: Outcome<'_>) {
    const FIELDS: [Field; 1] = [Field::optional("currentTime", FieldKind::DATE)];
    let Outcome::Result(payload) = outcome else { return };
    let [time] = read_answer(payload, &FIELDS, &mut station.core.common.dialect.left_out);
    tell_time(station, now, time);
}

/// The `currentTime` of an answer. It is only advised (OCPP 1.6 §4.2): what is none leaves the clock as it is.
#[inline(never)]
pub(super) fn tell_time(station: &mut Station<'_>, now: Instant, time: FieldValue<'_>) {
    let Some(time) = time.text() else { return };
    match DateTime::with_millis(time.as_bytes()) {
        Ok((time, millis)) if time >= EARLIEST => station.set_clock(now, time, millis),
        _ => station.core.common.dialect.left_out = station.core.common.dialect.left_out.saturating_add(1),
    }
}
