//! All blocks of one charge point.

use super::certificates::Trust;
use super::common::Common;
use super::connector::hardware::ConnectorHardware;
use super::connector::{Connector, InputError};
use super::core_profile::Core;
use super::custom::{Custom, Hook};
use super::device::held_call::HeldCall;
use super::registration::boot::Boot;
use super::reservation::{ReservationSlot, Reservations};
use super::reset::Reset;
use super::security::Security;
use super::smart_charging::{ChargingPeriod, ProfileSlot, Profiles};
use super::tokens::{CacheSlot, ListSlot, Tokens};
use super::transfer::Transfers;
use super::unlock::Unlock;
use super::{ConnectorId, DataTransferHandler, MeterInput, Reason, ResetKind};
use crate::store::Keys;
use crate::time::{DateTime, Instant};
use heapless::VecView;

/// The owner of all blocks. Where two of them meet, the line that lets them stands here.
pub(crate) struct Station<'a> {
    pub(crate) core: Core<'a>,
    pub(crate) tokens: Tokens<'a>,
    pub(crate) reservations: Reservations<'a>,
    pub(crate) profiles: Profiles<'a>,
    pub(crate) transfers: Transfers<'a>,
    pub(crate) unlock: Unlock,
    pub(crate) reset: Reset,
    pub(crate) security: Security,
    pub(crate) trust: Trust<'a>,
    pub(crate) custom: Custom<'a>,
}

/// The memory that [`Station`] works in.
pub(crate) struct Memory<'a> {
    pub(crate) connectors: &'a mut [Connector<'a>],
    pub(crate) meter_inputs: &'a mut VecView<MeterInput<'a>>,
    pub(crate) data_transfer: &'a mut VecView<DataTransferHandler<'a>>,
    pub(crate) hooks: &'a mut VecView<Hook<'a>>,
    pub(crate) cache: &'a mut [CacheSlot],
    pub(crate) local_list: &'a mut [ListSlot],
    pub(crate) reservations: &'a mut [ReservationSlot],
    pub(crate) profiles: &'a mut [ProfileSlot],
    pub(crate) periods: &'a mut [ChargingPeriod],
    pub(crate) custom_call: &'a mut [u8],
}

impl<'a> Station<'a> {
    pub(crate) fn new(boot: Boot<'a>, keys: Keys<'a>, memory: Memory<'a>) -> Self {
        Self {
            core: Core::new(Common::new(boot, keys), memory.connectors, memory.meter_inputs),
            tokens: Tokens::new(memory.cache, memory.local_list),
            reservations: Reservations::new(memory.reservations),
            profiles: Profiles::new(memory.profiles, memory.periods),
            transfers: Transfers::new(),
            unlock: Unlock::None,
            reset: Reset::None,
            security: Security::new(),
            trust: Trust::new(),
            custom: Custom::new(memory.custom_call, memory.hooks, memory.data_transfer),
        }
    }

    /// Runs what is due. Must be called after everything that happened, and at least at the deadline of the
    /// [`Agenda`](super::agenda::Agenda); early is harmless. `false` when there was nothing to look at.
    pub(crate) fn advance(&mut self, now: Instant) -> bool {
        if !self.core.common.agenda.begin_pass(now) {
            return false;
        }
        if !self.core.common.persistence.is_recovered() {
            self.core.common.agenda.wake_at(self.core.common.persistence.deadline());
            return true;
        }
        for id in self.core.connector_ids() {
            self.advance_session(now, id);
            self.core.advance_metering(now, id);
        }
        self.core.advance_alignment(now);
        self.core.advance_signing(now); // behind all that may want a value
        self.reservations.advance_reservations(&mut self.core, now);
        self.profiles.advance_limits(&mut self.core, now);
        self.advance_transfers(now);
        self.core.update_statuses(now);
        self.unlock.advance_unlock(&mut self.core, now);
        self.trust.advance_certificates(&mut self.core.common, now);
        self.reset.advance_reset(&mut self.core, now);
        self.core.common.agenda.wake_at(self.core.common.persistence.deadline());
        // What is due to be sent already waits for the link or for an answer, not for the clock.
        let sends = [
            self.core.common.registration.deadline(),
            self.core.common.heartbeat_deadline(),
            self.core.delivery.deadline(&self.core.common.journal),
            self.security.deadline(),
        ];
        sends
            .into_iter()
            .filter(|deadline| *deadline > now)
            .for_each(|deadline| self.core.common.agenda.wake_at(deadline));
        true
    }

    /// The connection to the central system came up or went down.
    pub(crate) fn set_online(&mut self, now: Instant, online: bool) {
        if self.core.common.online == online {
            return;
        }
        self.core.common.online = online;
        self.core.common.agenda.look_again();
        self.transfers.transfers_link(&mut self.core.common, online);
        self.security.security_link(&mut self.core.common, online);
        self.certificates_link(online);
        if online {
            self.core.delivery.link_up();
            let next_entry = self.core.common.journal.next();
            self.core.charge_point.status.forget_history(next_entry);
            self.core.connectors.iter_mut().for_each(|connector| connector.place.status.forget_history(next_entry));
        } else {
            self.offline_authorization(now);
            self.core.charge_point.sampling.miss_moment();
            for connector in self.core.connectors.iter_mut().filter(|connector| !connector.session.is_reported()) {
                connector.place.sampling.miss_moment();
            }
            self.core.common.persistence.held_call = HeldCall::new();
            self.tokens.local_list.abandon();
            self.unlock = Unlock::None; // nobody waits for its answer any more
        }
    }

    /// The central system has told the time, or the firmware knows it.
    pub(crate) fn set_clock(&mut self, now: Instant, time: DateTime, millis: u16) {
        self.security.time_set(&mut self.core.common, now, time);
        self.core.common.clock.set_with_millis(now, time, millis);
        self.core.common.persistence.has_chores |= self.core.common.dating.clock_set(time);
        self.profiles.changed(); // what schedules say now may be something else
    }

    pub(crate) fn set_hardware(
        &mut self,
        hardware: &'a dyn ConnectorHardware,
        id: ConnectorId,
    ) -> Result<(), InputError> {
        self.core.connector_mut(id).ok_or(InputError::UnknownConnector)?.set_hardware(hardware);
        self.profiles.outputs_changed();
        Ok(())
    }

    /// Ends what runs, then restarts. `false` when it cannot be, or the firmware does not want a soft one.
    pub(crate) fn reset(&mut self, now: Instant, kind: ResetKind) -> bool {
        let outputs = &self.core.common.outputs;
        let possible = !outputs.cannot_reset() && !self.transfers.is_writing_firmware(); // RST-07
        // The firmware can refuse a soft reset, but not a hard one.
        let agreed = outputs.reset_notify.is_none_or(|notify| notify(kind)) || kind == ResetKind::Hard;
        let accepted = possible && agreed;
        if accepted && self.reset.begin(now, kind) {
            let reason = match kind {
                ResetKind::Hard => Reason::HardReset,
                ResetKind::Soft => Reason::SoftReset,
            };
            for id in self.core.connector_ids() {
                self.core.stop_without_gate(now, id, reason);
            }
        }
        accepted
    }
}
