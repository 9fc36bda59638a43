//! One connector as hardware: cable, car, contactor and meter.

use super::charger::Events;
use super::tally::Look;
use embedded_ocpp::Instant;
use embedded_ocpp::ocpp16::{ChargingLimit, ConnectorHardware, ConnectorId, Equipment, TxNotification};
use std::cell::Cell;

/// Nothing of it changes when the charge point dies, but that no current flows.
#[derive(Default)]
pub(crate) struct Outlet {
    is_plugged: Cell<bool>,
    /// What the car still wants, in W·ms. It asks for nothing when that is zero.
    appetite: Cell<u64>,
    /// What the car takes, in W.
    power: Cell<u32>,
    /// What the charge point allows, in W.
    limit: Cell<Option<u32>>,
    /// The register, in W·ms, so that nothing is lost between two looks.
    energy: Cell<u64>,
    is_closed: Cell<bool>,
    advanced_at: Cell<Instant>,
}

const WH: u64 = 3_600_000;

impl Outlet {
    pub(crate) fn new(register: u32) -> Self {
        Self { energy: Cell::new(u64::from(register) * WH), ..Self::default() }
    }

    /// A car that wants `energy` Wh and takes `power` W.
    pub(crate) fn plug_in(&self, energy: u32, power: u32) {
        self.is_plugged.set(true);
        self.appetite.set(u64::from(energy) * WH);
        self.power.set(power);
    }

    pub(crate) fn plug_out(&self) {
        self.is_plugged.set(false);
        self.appetite.set(0);
    }

    /// Lets time pass with the contactor as it was.
    pub(crate) fn advance(&self, now: Instant) {
        let elapsed = now.since(self.advanced_at.replace(now)).as_millis();
        let energy = (u64::from(self.power()) * elapsed).min(self.appetite.get());
        self.appetite.set(self.appetite.get() - energy);
        self.energy.set(self.energy.get() + energy);
    }

    pub(crate) fn set_contactor(&self, is_closed: bool) {
        self.is_closed.set(is_closed);
    }

    /// When the car will have enough.
    pub(crate) fn full_at(&self) -> Instant {
        match self.power() {
            0 => Instant::NEVER,
            power => {
                let left = self.appetite.get().div_ceil(u64::from(power));
                Instant::from_millis(self.advanced_at.get().as_millis().saturating_add(left))
            }
        }
    }

    /// The register in Wh.
    pub(crate) fn register(&self) -> i64 {
        (self.energy.get() / WH) as i64
    }

    /// How it looks, if anything is to be seen.
    pub(crate) fn look(&self) -> Option<Look> {
        let looks = if self.power() > 0 { Look::Charging } else { Look::Occupied };
        self.is_plugged.get().then_some(looks)
    }

    fn is_ev_ready(&self) -> bool {
        self.appetite.get() > 0
    }

    /// What flows now, in W.
    fn power(&self) -> u32 {
        let flows = self.is_closed.get() && self.is_plugged.get() && self.is_ev_ready();
        if flows { self.power.get().min(self.limit.get().unwrap_or(u32::MAX)) } else { 0 }
    }
}

/// One connector as the charge point sees it, for one life.
pub(crate) struct Wires<'o> {
    pub(crate) connector: ConnectorId,
    pub(crate) outlet: &'o Outlet,
    pub(crate) events: &'o Events,
}

impl ConnectorHardware for Wires<'_> {
    fn is_plugged(&self) -> bool {
        self.outlet.is_plugged.get()
    }

    fn energy(&self) -> Option<i64> {
        Some(self.outlet.register())
    }

    fn equipment(&self) -> Equipment {
        Equipment::new().with_power_meter().with_current_limit().with_power_limit()
    }

    fn power(&self) -> Option<i32> {
        Some(self.outlet.power() as i32)
    }

    fn is_ev_ready(&self) -> bool {
        self.outlet.is_ev_ready()
    }

    fn notify(&self, notification: TxNotification) {
        self.events.borrow_mut().push((self.connector, self.outlet.register(), notification));
    }

    fn set_limit(&self, limit: Option<ChargingLimit>) {
        self.outlet.limit.set(limit.map(watt));
    }
}

fn watt(limit: ChargingLimit) -> u32 {
    u32::try_from(limit.power.mantissa() / 10).unwrap_or(0)
}
