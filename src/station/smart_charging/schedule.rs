//! What one profile sets at a moment, and until when that holds (OCPP 1.6 §3.13, §5.16.4, §7.13).

use super::profile::{ChargingPeriod, NEVER, ProfileSlot, ScheduleKind};

/// A moment that limits are asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// Seconds since 1970, or of the monotonic clock while the date is unknown.
    pub(crate) at: u32,
    pub(super) is_dated: bool,
    /// What schedules count from that are relative to a transaction; [`NEVER`] while that is unknown.
    pub(super) origin: u32,
}

/// What a profile sets.
pub(super) enum SettingThen<'p> {
    Nothing,
    Period(&'p ChargingPeriod),
    /// When it holds is unknown without a date: it may be any of its periods, so it is the lowest.
    Undated(&'p ChargingPeriod),
}

impl ProfileSlot {
    /// What the profile with these periods sets at a moment, and until when that cannot change.
    pub(super) fn setting<'p>(&self, periods: &'p [ChargingPeriod], moment: &Moment) -> (SettingThen<'p>, u32) {
        let Moment { at, is_dated, origin } = *moment;
        let is_relative = self.kind == ScheduleKind::Relative && !self.is_relative_maximum();
        let is_always_valid = self.valid.from == 0 && self.valid.to == NEVER;
        let start = if is_relative { origin } else { self.start };
        let is_placed = if is_relative { start != NEVER && (is_dated || is_always_valid) } else { is_dated };
        if !is_placed {
            let lowest = periods.iter().min_by_key(|period| period.limit());
            return (lowest.map_or(SettingThen::Nothing, SettingThen::Undated), NEVER);
        }
        if at < self.valid.from {
            return (SettingThen::Nothing, self.valid.from);
        }
        if at >= self.valid.to || at < start {
            return (SettingThen::Nothing, if at < start { start } else { NEVER });
        }
        // SC-11, SC-16
        let recurrence = self.kind.recurrence();
        let elapsed = (at - start) % recurrence;
        let begin = at - elapsed;
        let end = self.duration.min(recurrence);
        if elapsed >= end {
            let again = if recurrence == NEVER { NEVER } else { begin.saturating_add(recurrence) };
            return (SettingThen::Nothing, again.min(self.valid.to));
        }
        let next = periods.iter().map(|period| period.start).find(|start| *start > elapsed).unwrap_or(NEVER);
        let until = begin.saturating_add(end.min(next)).min(self.valid.to);
        let current = periods.iter().rev().find(|period| period.start <= elapsed);
        (current.map_or(SettingThen::Nothing, SettingThen::Period), until)
    }
}
