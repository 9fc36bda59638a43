//! How a session goes on: what the switches and the register say, and what has become durable.

use super::super::connector::Finishing;
use super::super::metering::TransactionSeries;
use super::super::unlock::UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT;
use super::super::{ConnectorId, Reason, Station, TxNotification, free_vend};
use super::{
    CONNECTION_TIME_OUT, MAX_ENERGY_ON_INVALID_ID, Phase, Presented, SILENT_OFFLINE_TRANSACTIONS,
    STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT, STOP_TRANSACTION_ON_INVALID_ID, deadline,
};
use crate::log::info;
use crate::station::core_profile::Core;
use crate::store::Durable;
use crate::time::{Duration, Instant};

/// How often the register is looked at while the last energy is given, or while it cannot be read.
const REGISTER_INTERVAL: Duration = Duration::from_secs(1);
/// How long the end of a transaction waits for a register that cannot be read.
const REGISTER_WAIT: Duration = Duration::from_secs(30);

impl Station<'_> {
    /// Moves the session on as far as its conditions allow.
    pub(crate) fn advance_session(&mut self, now: Instant, id: ConnectorId) {
        let is_full = self.core.common.persistence.appending.journal_full;
        self.reservations.find_reservation(&mut self.core, id);
        let (signs_beginning, signs_end) = (self.core.signs_beginning(id), self.core.signs_ends(id));
        let Some(connector) = self.core.connectors.get_mut(usize::from(id).wrapping_sub(1)) else { return };
        let switches = connector.switches;
        let has_plug = connector.equipment.has_plug_sensor();
        let is_present = connector.is_present();
        if !is_present && !connector.visit.is_held {
            connector.forget_finishing();
        }
        let time_out = || Duration::from_secs(self.core.common.keys.unsigned(&CONNECTION_TIME_OUT));
        let mut wake = Instant::NEVER;
        let mut ends = None;
        let mut meter_start = None;
        if connector.session.phase == Phase::Authorized
            && switches.plugged()
            && switches.start_tx_ready()
            && connector.is_operative()
        {
            if !signs_beginning || connector.has_signed_beginning(now) {
                meter_start = connector.energy();
            }
            wake = now + REGISTER_INTERVAL; // in case that it cannot be read
        }
        match (connector.session.phase, meter_start) {
            (Phase::Authorized, Some(meter_start)) => {
                wake = Instant::NEVER;
                let session = &mut connector.session;
                session.started = now;
                session.began = None;
                session.energy.start = meter_start;
                session.energy.register = meter_start;
                session.energy.is_metered = true;
                session.phase = Phase::Starting;
                session.is_silent = is_full && self.core.common.keys.is_on(&SILENT_OFFLINE_TRANSACTIONS);
                connector.series = TransactionSeries::new();
            }
            (Phase::Authorized, None) if !switches.plugged() || !has_plug => {
                let deadline = deadline(connector.session.since, time_out());
                if now >= deadline {
                    connector.session.clear();
                    connector.visit.finishing = Finishing::No;
                    connector.notify(TxNotification::ConnectionTimeout);
                } else {
                    wake = wake.min(deadline);
                }
            }
            (Phase::Idle, _)
                if is_present && connector.visit.finishing == Finishing::No && connector.place.service.is_on() =>
            {
                if has_plug && switches.plugged() && self.core.common.keys.is_on(&free_vend::FREE_VEND_ACTIVE) {
                    return self.begin_free_vend(now, id);
                }
                // ST-B6, TX-07: a tag that comes later may be meant for another connector.
                let deadline = deadline(connector.visit.since, time_out());
                match connector.is_reserved {
                    true => {} // whoever is there, it waits for its tag
                    false if now >= deadline => connector.visit.finishing = Finishing::CardTooLate,
                    false => wake = deadline,
                }
            }
            (Phase::Running, _)
                if !switches.plugged() && self.core.common.keys.is_on(&STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT) =>
            {
                ends = Some(Reason::EVDisconnected);
            }
            (Phase::Running, _) => {
                if let Some(last) = connector.session.energy.last {
                    wake = now + REGISTER_INTERVAL;
                    if connector.energy().is_some_and(|energy| energy >= last) {
                        connector.session.energy.last = None;
                        return self.core.withdraw_energy(now, id);
                    }
                }
            }
            // TX-28: what cannot be read is waited for, but not for ever.
            (Phase::Stopping, _) => {
                let until = connector.session.stop.at + REGISTER_WAIT;
                let is_metered = connector.session.energy.is_metered || connector.read_register();
                let is_signed = !signs_end || connector.session.is_silent || connector.has_signed_end(now);
                if !is_metered && now < until {
                    wake = until.min(now + REGISTER_INTERVAL);
                } else if !is_signed {
                    wake = now + REGISTER_INTERVAL;
                } else if switches.stop_tx_ready() {
                    connector.session.stop.released = true;
                }
            }
            _ => {}
        }
        let is_asking = connector.session.card.presented != Presented::Settled;
        let silent = connector.session.is_silent.then_some(connector.session.phase);
        let is_over = connector.session.stop.released;
        if let Some(reason) = ends {
            self.core.stop_session(now, id, reason, None);
        }
        match silent {
            Some(Phase::Starting) => self.start_recorded(id, None),
            Some(Phase::Stopping) if is_over => self.core.stop_recorded(id),
            _ => {}
        }
        if is_asking {
            wake = wake.min(self.advance_authorization(now, id));
        }
        self.core.common.agenda.wake_at(wake);
    }

    /// The start is durable; `None` where the transaction is silent.
    pub(crate) fn start_recorded(&mut self, id: ConnectorId, start: Option<Durable>) {
        let clock = self.core.common.clock;
        let Some(connector) = self.core.change_connector(id) else { return };
        connector.session.run(start);
        connector.session.began = clock.date(connector.session.started);
        connector.place.sampling.begin(connector.session.started);
        info!("connector {}: transaction runs", id);
        connector.notify(TxNotification::StartTx);
        let entry = connector.session.entry;
        if let Some(reservation) = connector.session.reservation {
            self.reservations.reservation_used(&mut self.core.common, reservation, entry);
        }
        self.core.tell_beginning(id);
    }
}

impl Core<'_> {
    /// Reads the register of a running transaction.
    pub(crate) fn read_register(&mut self, id: ConnectorId) {
        if let Some(connector) = self.connector_mut(id)
            && connector.session.is_running()
        {
            connector.read_register();
        }
    }

    /// The end is durable.
    pub(crate) fn stop_recorded(&mut self, id: ConnectorId) {
        let unlock_at_once = self.common.keys.is_on(&UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT);
        let Some(connector) = self.change_connector(id) else { return };
        let reason = connector.session.stop.reason;
        connector.session.clear();
        connector.place.sampling.miss_moment();
        connector.confirmed.ended(connector.session.entry);
        connector.visit.is_held = connector.equipment.has_lock()
            && !connector.session.card.is_free // nobody has such a card
            && match reason {
                Reason::DeAuthorized => true,              // TX-10
                Reason::EVDisconnected => !unlock_at_once, // TX-20
                _ => false,
            };
        connector.visit.finishing = match reason {
            Reason::EVDisconnected => Finishing::EvSideDisconnected, // TX-19
            _ if connector.is_present() || connector.visit.is_held => Finishing::TransactionEnded, // ST-C6
            _ => Finishing::No,
        };
        info!("connector {}: transaction over", id);
        connector.notify(TxNotification::StopTx);
    }

    /// The central system has confirmed the start in entry `number` without accepting its tag (errata 3.17).
    pub(crate) fn deauthorize(&mut self, now: Instant, id: ConnectorId, number: u32) {
        let last_energy = i64::from(self.common.keys.integer(&MAX_ENERGY_ON_INVALID_ID));
        let Some(connector) = self.change_connector(id) else { return };
        if connector.session.phase != Phase::Running || connector.session.entry != number {
            return; // TX-13: over already
        }
        connector.notify(TxNotification::DeAuthorized);
        if last_energy > 0 {
            connector.read_register();
            connector.session.energy.last = Some(connector.session.energy.register.saturating_add(last_energy)); // TX-12
        } else {
            self.withdraw_energy(now, id);
        }
    }

    fn withdraw_energy(&mut self, now: Instant, id: ConnectorId) {
        if self.common.keys.is_on(&STOP_TRANSACTION_ON_INVALID_ID) {
            self.stop_session(now, id, Reason::DeAuthorized, None); // TX-09
        } else if let Some(connector) = self.change_connector(id) {
            connector.session.energy.is_denied = true; // TX-11
        }
    }
}
