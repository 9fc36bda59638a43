//! One connector: what the firmware sees of it, and what the blocks keep about it.

pub(in crate::station) mod hardware;
pub(in crate::station) mod place;
pub(in crate::station) mod service;

use super::connector::hardware::{ConnectorHardware, Equipment, Switches};
use super::connector::place::Place;
use super::journal::confirmed_transaction::ConfirmedTransaction;
use super::metering::TransactionSeries;
use super::session::Session;
use super::signed_values::Signing;
use super::smart_charging::Limits;
use super::status::reporting::tells_ev_errors;
use super::{ChargePointStatus, TxNotification};
use crate::time::Instant;

/// Why an input or output was not taken. Fix the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum InputError {
    /// There is no such connector.
    #[error("no such connector")]
    UnknownConnector,
    /// The table for these is full: 12 meter inputs, 4 DataTransfer handlers, 8 request handlers and observers, 4 error
    /// inputs of a connector.
    #[error("the table for these inputs is full")]
    TableFull,
}

/// Why a connector whose EV is still plugged in is not free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finishing {
    No,
    /// Nobody showed a card in time (TX-07).
    CardTooLate,
    TransactionEnded,
    /// The cable was unplugged at the EV, which ended the transaction.
    EvSideDisconnected,
}

/// One connector of the charge point.
pub(crate) struct Connector<'a> {
    pub(super) hardware: Option<&'a dyn ConnectorHardware>,
    /// What of it is there.
    pub(super) equipment: Equipment,
    /// What its switches said last.
    pub(super) switches: Switches,
    pub(super) place: Place<'a>,
    pub(super) visit: Visit,
    pub(super) session: Session,
    /// It waits for one tag.
    pub(super) is_reserved: bool,
    pub(super) series: TransactionSeries,
    pub(super) signing: Signing,
    pub(super) confirmed: ConfirmedTransaction,
    pub(super) limits: Limits,
}

/// Somebody at the connector.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) since: Instant,
    /// A transaction is over, or a tag came too late, and the user is not done yet.
    pub(super) finishing: Finishing,
    /// The cable stays locked until the card that began is shown again.
    pub(super) is_held: bool,
}

impl<'a> Connector<'a> {
    pub(crate) const fn new() -> Self {
        Self {
            hardware: None,
            equipment: Equipment::NONE,
            switches: Switches::NONE,
            place: Place::new(),
            visit: Visit { since: Instant::ZERO, finishing: Finishing::No, is_held: false },
            session: Session::new(),
            is_reserved: false,
            series: TransactionSeries::new(),
            signing: Signing::new(),
            confirmed: ConfirmedTransaction::new(),
            limits: Limits::new(),
        }
    }

    pub(super) fn set_hardware(&mut self, hardware: &'a dyn ConnectorHardware) {
        self.hardware = Some(hardware);
        self.equipment = hardware.equipment();
        self.limits = Limits::new();
    }

    /// Whether the energy is measured, though it may not be known now.
    pub(crate) fn has_energy_meter(&self) -> bool {
        self.equipment.has_energy_meter()
    }

    /// Neither faulted nor out of service. One that goes out of service when it is free still is in service, though it takes
    /// no new card.
    pub(crate) fn is_operative(&self) -> bool {
        self.place.is_operative()
    }

    /// The state that was last computed.
    pub(super) fn status(&self) -> ChargePointStatus {
        self.place.status.current()
    }

    /// The entry of the start of the transaction under way.
    #[cfg(test)]
    pub(crate) fn entry_of_start(&self) -> u32 {
        self.session.entry
    }

    /// The id that the central system has given to the transaction under way, once it is known.
    pub(crate) fn transaction_id(&self) -> Option<i64> {
        self.confirmed.id_of(self.session.entry)
    }

    /// Nobody has to show a card any more to take the cable.
    pub(super) fn release_cable(&mut self) {
        self.visit.is_held = false;
        self.session.card.forget_visitor();
    }

    /// Somebody is seen to be there: an EV is plugged in, or the bay is occupied.
    #[inline(never)]
    pub(super) fn is_present(&self) -> bool {
        self.equipment.has_plug_sensor() && self.switches.plugged() || self.switches.occupied()
    }

    /// Nobody is there any more. An end by unplugging is told before the connector is free again (TX-19).
    pub(super) fn forget_finishing(&mut self) {
        use ChargePointStatus::{Available, Faulted, Finishing as Told};
        let is_told = matches!(self.status(), Told | Faulted | Available);
        if self.visit.finishing != Finishing::EvSideDisconnected || is_told {
            self.visit.finishing = Finishing::No;
        }
    }

    /// Reads all inputs; `true` when one has changed.
    #[inline(always)]
    pub(super) fn read_inputs(&mut self, now: Instant) -> bool {
        let switches = self.hardware.map_or(self.switches, |hardware| hardware.switches());
        let has_changed = switches != self.switches;
        if has_changed {
            self.switched(now, switches);
        }
        !self.place.error_inputs.is_empty() && self.place.read_errors(tells_ev_errors(self.status())) || has_changed
    }

    fn switched(&mut self, now: Instant, switches: Switches) {
        let was_present = self.is_present();
        // ST-B1: who takes the cable out takes the authorisation along; the next EV is somebody else's.
        if !switches.plugged() && self.switches.plugged() && self.session.is_waiting() {
            self.session.clear();
            self.notify(TxNotification::ConnectionTimeout);
        }
        self.switches = switches;
        if self.is_present() && !was_present {
            self.visit.since = now;
        }
    }

    /// A charging profile allows nothing at all.
    pub(super) fn is_limited_to_zero(&self) -> bool {
        self.limits.is_zero()
    }

    /// The energy register in Wh, if it can be read now.
    pub(super) fn energy(&self) -> Option<i64> {
        self.hardware?.energy()
    }

    /// Reads the register of the transaction, which does not fall; `false` when it cannot be read now.
    pub(super) fn read_register(&mut self) -> bool {
        let energy = self.energy();
        self.session.energy.take_reading(energy)
    }

    /// What the register is told to stand at, if it was or can be read: within a transaction what it was last read as.
    pub(super) fn register(&self) -> Option<i64> {
        let session = &self.session;
        if session.is_in_transaction() {
            Some(session.energy.register).filter(|_| session.energy.is_metered)
        } else {
            self.energy()
        }
    }

    #[inline(never)]
    pub(super) fn notify(&self, notification: TxNotification) {
        if let Some(hardware) = self.hardware {
            hardware.notify(notification);
        }
    }
}
