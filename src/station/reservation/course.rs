//! How reservations end.

use super::Reservations;
use crate::station::Connector;
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::time::{Duration, Instant};

impl Reservations<'_> {
    /// RSV-07: its transaction has started, and that is durable as this entry of the journal.
    pub(in crate::station) fn reservation_used(&mut self, common: &mut Common<'_>, id: i32, entry: u32) {
        if self.end(&mut |reservation| reservation.id == id && entry >= reservation.since) {
            self.reservations_changed(common);
        }
    }

    pub(super) fn reservations_changed(&mut self, common: &mut Common<'_>) {
        self.is_active = true;
        common.persistence.has_chores = true;
    }

    /// Ends reservations that are over, and tells the connectors which of them are reserved.
    pub(in crate::station) fn advance_reservations(&mut self, core: &mut Core<'_>, now: Instant) {
        if !self.is_active {
            return;
        }
        let is_active = self.all().next().is_some();
        self.is_active = is_active;
        let date = core.common.clock.date(now);
        let is_main_unusable = !core.charge_point.service.is_on() || core.charge_point.is_faulted();
        let connectors = &core.connectors;
        let mut next = u32::MAX;
        let has_ended = self.end(&mut |reservation| {
            let left = date.map(|date| reservation.expires.as_unix().saturating_sub(date.as_unix()));
            next = next.min(left.unwrap_or(u32::MAX));
            let is_usable = match usize::from(reservation.connector).checked_sub(1) {
                None => !is_main_unusable,
                Some(place) => connectors.get(place).is_some_and(Connector::is_operative),
            };
            left == Some(0) || !is_usable // RSV-07, RSV-08
        });
        if has_ended {
            self.reservations_changed(&mut core.common);
        }
        let mut looks_again = has_ended || next == 0;
        for (connector, id) in core.connectors.iter_mut().zip(1..) {
            let is_reserved = self.all().any(|reservation| reservation.connector == id);
            if connector.is_reserved && !is_reserved {
                connector.visit.since = now; // who has plugged in is treated as if just come
                looks_again = true;
            }
            connector.is_reserved = is_reserved;
        }
        if looks_again {
            core.common.agenda.look_again();
        } else if next != u32::MAX {
            core.common.agenda.wake_at(now + Duration::from_secs(next));
        }
    }
}
