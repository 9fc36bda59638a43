//! One connector: what the firmware sees of it, and what the blocks keep about it.

use super::confirmed_transaction::ConfirmedTransaction;
use super::metering::Series;
use super::place::Place;
use super::session::Session;
use super::smart_charging::Limits;
use super::status::tells_ev_errors;
use super::{ChargePointStatus, TxNotification, UnlockResult};
use crate::time::Instant;

/// What the firmware supplies for one connector. An input that is missing is taken as named at each.
#[derive(Default)]
pub(crate) struct Inputs<'a> {
    /// An EV is plugged in. Missing: always.
    pub plugged: Option<&'a dyn Fn() -> bool>,
    /// The energy register in Wh, which never falls; `None` while it cannot be read.
    pub energy: Option<&'a dyn Fn() -> Option<i64>>,
    /// The active power to the EV in W; `None` while it cannot be read.
    pub power: Option<&'a dyn Fn() -> Option<i32>>,
    /// The EV asks for energy, state C. Missing: always.
    pub ev_ready: Option<&'a dyn Fn() -> bool>,
    /// The charge point offers energy, PWM on. Missing: always.
    pub evse_ready: Option<&'a dyn Fn() -> bool>,
    /// The place is occupied though nothing is plugged in. Missing: never.
    pub occupied: Option<&'a dyn Fn() -> bool>,
    /// A transaction may start. Missing: always.
    pub start_ready: Option<&'a dyn Fn() -> bool>,
    /// A transaction may end. Missing: always.
    pub stop_ready: Option<&'a dyn Fn() -> bool>,
    /// Unlocks the cable. Missing: there is no lock.
    pub unlock: Option<&'a dyn Fn() -> UnlockResult>,
    /// Told what happens in a session, for the display.
    pub notification: Option<&'a dyn Fn(TxNotification)>,
    /// Told what the connector may take. Missing: nobody can limit it.
    #[cfg(feature = "smart-charging")]
    pub limit: Option<super::smart_charging::LimitOutput<'a>>,
}

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

/// What the switches said last, in bits: an idle poll compares one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Readings(u8);

const PLUGGED: u8 = 1;
const EV_READY: u8 = 1 << 1;
const EVSE_READY: u8 = 1 << 2;
const OCCUPIED: u8 = 1 << 3;
const START_READY: u8 = 1 << 4;
const STOP_READY: u8 = 1 << 5;

impl Readings {
    pub(super) fn plugged(&self) -> bool {
        self.0 & PLUGGED != 0
    }

    pub(super) fn ev_ready(&self) -> bool {
        self.0 & EV_READY != 0
    }

    pub(super) fn evse_ready(&self) -> bool {
        self.0 & EVSE_READY != 0
    }

    pub(super) fn occupied(&self) -> bool {
        self.0 & OCCUPIED != 0
    }

    pub(super) fn start_ready(&self) -> bool {
        self.0 & START_READY != 0
    }

    pub(super) fn stop_ready(&self) -> bool {
        self.0 & STOP_READY != 0
    }
}

impl Inputs<'_> {
    #[inline(always)]
    fn switches(&self) -> Readings {
        let switches = ask(self.plugged, PLUGGED, PLUGGED)
            | ask(self.ev_ready, EV_READY, EV_READY)
            | ask(self.evse_ready, EVSE_READY, EVSE_READY)
            | ask(self.occupied, OCCUPIED, 0)
            | ask(self.start_ready, START_READY, START_READY)
            | ask(self.stop_ready, STOP_READY, STOP_READY);
        Readings(switches)
    }
}

#[inline(always)]
fn ask(input: Option<&dyn Fn() -> bool>, bit: u8, missing: u8) -> u8 {
    match input {
        Some(input) => u8::from(input()) * bit,
        None => missing,
    }
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
    pub(crate) inputs: Inputs<'a>,
    pub(super) place: Place<'a>,
    pub(super) readings: Readings,
    /// Since when somebody has been there.
    pub(super) present_since: Instant,
    pub(super) session: Session,
    /// A transaction is over, or a tag came too late, and the user is not done yet.
    pub(super) finishing: Finishing,
    /// The cable stays locked until the card that began is shown again.
    pub(super) is_held: bool,
    /// It waits for one tag.
    pub(super) is_reserved: bool,
    pub(super) series: Series,
    pub(super) confirmed: ConfirmedTransaction,
    pub(super) limits: Limits,
}

impl<'a> Connector<'a> {
    pub(crate) const fn new() -> Self {
        Self {
            inputs: Inputs {
                plugged: None,
                energy: None,
                power: None,
                ev_ready: None,
                evse_ready: None,
                occupied: None,
                start_ready: None,
                stop_ready: None,
                unlock: None,
                notification: None,
                #[cfg(feature = "smart-charging")]
                limit: None,
            },
            readings: Readings(0),
            place: Place::new(),
            present_since: Instant::ZERO,
            session: Session::new(),
            finishing: Finishing::No,
            is_held: false,
            is_reserved: false,
            series: Series::new(),
            confirmed: ConfirmedTransaction::new(),
            limits: Limits::new(),
        }
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

    /// Nobody has to show a card any more to take the cable.
    pub(super) fn release_cable(&mut self) {
        self.is_held = false;
        self.session.forget_visitor();
    }

    /// Somebody is seen to be there: an EV is plugged in, or the bay is occupied.
    #[inline(never)]
    pub(super) fn is_present(&self) -> bool {
        self.inputs.plugged.is_some() && self.readings.plugged() || self.readings.occupied()
    }

    /// Nobody is there any more. An end by unplugging is told before the connector is free again (TX-19).
    pub(super) fn forget_finishing(&mut self) {
        use ChargePointStatus::{Available, Faulted, Finishing as Told};
        let is_told = matches!(self.status(), Told | Faulted | Available);
        if self.finishing != Finishing::EvSideDisconnected || is_told {
            self.finishing = Finishing::No;
        }
    }

    /// Reads all inputs; `true` when one has changed.
    #[inline(always)]
    pub(super) fn read_inputs(&mut self, now: Instant) -> bool {
        let readings = self.inputs.switches();
        let has_changed = readings != self.readings;
        if has_changed {
            self.switched(now, readings);
        }
        !self.place.error_inputs.is_empty() && self.place.read_errors(tells_ev_errors(self.status())) || has_changed
    }

    fn switched(&mut self, now: Instant, readings: Readings) {
        let was_present = self.is_present();
        // ST-B1: who takes the cable out takes the authorisation along; the next EV is somebody else's.
        if !readings.plugged() && self.readings.plugged() && self.session.is_waiting() {
            self.session.clear();
            self.notify(TxNotification::ConnectionTimeout);
        }
        self.readings = readings;
        if self.is_present() && !was_present {
            self.present_since = now;
        }
    }

    /// A charging profile allows nothing at all.
    pub(super) fn is_limited_to_zero(&self) -> bool {
        self.limits.is_zero()
    }

    /// The energy register in Wh, if it can be read now.
    pub(super) fn energy(&self) -> Option<i64> {
        self.inputs.energy.and_then(|energy| energy())
    }

    /// Reads the register of the transaction, which does not fall; `false` when it cannot be read now.
    pub(super) fn read_register(&mut self) -> bool {
        let energy = self.energy();
        self.session.take_reading(energy)
    }

    /// What the register is told to stand at, if it was or can be read: within a transaction what it was last read as.
    pub(super) fn register(&self) -> Option<i64> {
        let session = &self.session;
        if session.is_in_transaction() { Some(session.register).filter(|_| session.is_metered) } else { self.energy() }
    }

    #[inline(never)]
    pub(super) fn notify(&self, notification: TxNotification) {
        if let Some(output) = self.inputs.notification {
            output(notification);
        }
    }
}
