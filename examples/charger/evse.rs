//! The simulated hardware: outlets with a cable, a meter and faults, and what the charge point sees of them.

use crate::command::Fault;
use crate::config::Config;
#[cfg(feature = "signed-meter-values")]
use crate::signed_meter::{Meter, SignedMeters};
use crate::trace::Log;
use embedded_ocpp::facade::InputError;
use embedded_ocpp::json::Decimal;
#[cfg(feature = "signed-meter-values")]
use embedded_ocpp::ocpp16::SignedMeter;
use embedded_ocpp::ocpp16::{
    ConnectorHardware, Equipment, ErrorData, Measurand, MeterInput, MeterReading, TxNotification, UnitOfMeasure,
    UnlockResult,
};
use embedded_ocpp::{Controls, Instant};
use std::cell::Cell;

/// All outlets. Nothing of it changes when the charge point restarts.
pub(crate) struct Evse {
    outlets: Vec<Outlet>,
}

impl Evse {
    pub(crate) fn new(config: &Config) -> Self {
        let voltage = (config.nominal_voltage * 10.0) as i64;
        Self { outlets: (1..=config.connectors).map(|_| Outlet::new(voltage)).collect() }
    }

    pub(crate) fn outlet(&self, connector: u8) -> Option<&Outlet> {
        self.outlets.get(usize::from(connector).checked_sub(1)?)
    }

    pub(crate) fn outlets(&self) -> impl Iterator<Item = (u8, &Outlet)> {
        (1..).zip(&self.outlets)
    }
}

pub(crate) struct Outlet {
    is_plugged: Cell<bool>,
    is_ev_ready: Cell<bool>,
    /// The lock does not let go of the cable.
    is_jammed: Cell<bool>,
    /// In W·ms, so that nothing is lost between two looks.
    energy: Cell<i64>,
    /// Power and current while charging, in W and tenths of A.
    power: Cell<i64>,
    current: Cell<i64>,
    /// In tenths of V.
    voltage: i64,
    charging_since: Cell<Option<Instant>>,
    advanced_at: Cell<Instant>,
    fault: Cell<Option<ErrorData>>,
    /// A fault that comes so many milliseconds after charging began.
    fault_to_come: Cell<Option<(u64, ErrorData)>>,
}

const WH: i64 = 3_600_000;

impl Outlet {
    fn new(voltage: i64) -> Self {
        Self {
            is_plugged: Cell::new(false),
            is_ev_ready: Cell::new(false),
            is_jammed: Cell::new(false),
            energy: Cell::new(0),
            power: Cell::new(0),
            current: Cell::new(0),
            voltage,
            charging_since: Cell::new(None),
            advanced_at: Cell::new(Instant::ZERO),
            fault: Cell::new(None),
            fault_to_come: Cell::new(None),
        }
    }

    pub(crate) fn plug_in(&self) {
        self.is_plugged.set(true);
        self.is_ev_ready.set(true);
    }

    pub(crate) fn plug_out(&self) {
        self.is_plugged.set(false);
        self.is_ev_ready.set(false);
    }

    pub(crate) fn is_plugged(&self) -> bool {
        self.is_plugged.get()
    }

    pub(crate) fn set_ev_ready(&self, ready: bool) {
        self.is_ev_ready.set(ready);
    }

    pub(crate) fn jam_lock(&self, jammed: bool) {
        self.is_jammed.set(jammed);
    }

    fn unlock(&self) -> UnlockResult {
        if self.is_jammed.get() { UnlockResult::UnlockFailed } else { UnlockResult::Unlocked }
    }

    pub(crate) fn set_meter(&self, wh: Option<f64>, w: Option<f64>, a: Option<f64>) {
        if let Some(wh) = wh {
            self.energy.set((wh * WH as f64) as i64);
        }
        if let Some(w) = w {
            self.power.set(w as i64);
        }
        if let Some(a) = a {
            self.current.set((a * 10.0).round() as i64);
        }
    }

    pub(crate) fn set_fault(&self, fault: Option<Fault>) {
        let Some(Fault { code, info, after_charging }) = fault else {
            self.fault.set(None);
            self.fault_to_come.set(None);
            return;
        };
        // Firmware keeps such texts in flash; a simulator can afford to keep those it is given.
        let error = ErrorData { info: info.map(|info| &*info.leak()), ..ErrorData::fault(code) };
        match after_charging {
            Some(delay) => self.fault_to_come.set(Some((delay.as_millis() as u64, error))),
            None => self.fault.set(Some(error)),
        }
    }

    /// Lets time pass: current flows from the last call until now if the contactor is closed.
    pub(crate) fn advance(&self, now: Instant, is_contactor_closed: bool) {
        let elapsed = now.since(self.advanced_at.replace(now));
        if self.charging_since.get().is_some() {
            let energy = self.power.get().saturating_mul(elapsed.as_millis() as i64);
            self.energy.set(self.energy.get().saturating_add(energy));
        }
        let charges = is_contactor_closed && self.is_plugged.get() && self.is_ev_ready.get();
        let since = self.charging_since.get().filter(|_| charges).or(charges.then_some(now));
        self.charging_since.set(since);
        if let (Some(since), Some((delay, error))) = (since, self.fault_to_come.get())
            && now.since(since).as_millis() >= delay
        {
            self.fault.set(Some(error));
            self.fault_to_come.set(None);
        }
    }

    /// The register in Wh.
    pub(crate) fn energy(&self) -> i64 {
        self.energy.get().div_euclid(WH)
    }

    /// What flows now, in W.
    pub(crate) fn power(&self) -> i64 {
        if self.charging_since.get().is_some() { self.power.get() } else { 0 }
    }

    fn current(&self) -> i64 {
        if self.charging_since.get().is_some() { self.current.get() } else { 0 }
    }
}

/// The hardware of one connector, as the charge point sees it.
pub(crate) struct Wires<'e> {
    connector: u8,
    outlet: &'e Outlet,
    has_lock: bool,
    #[cfg(feature = "signed-meter-values")]
    signed_meter: Option<&'e Meter<'e>>,
    log: &'e Log,
    current: Box<dyn Fn() -> Option<Decimal> + 'e>,
    voltage: Box<dyn Fn() -> Option<Decimal> + 'e>,
    fault: Box<dyn Fn() -> Option<ErrorData> + 'e>,
}

impl<'e> Wires<'e> {
    pub(crate) fn of(connector: u8, outlet: &'e Outlet, has_lock: bool, log: &'e Log) -> Self {
        Self {
            connector,
            outlet,
            has_lock,
            #[cfg(feature = "signed-meter-values")]
            signed_meter: None,
            log,
            current: Box::new(|| Some(Decimal::tenths(outlet.current()))),
            voltage: Box::new(|| Some(Decimal::tenths(outlet.voltage))),
            fault: Box::new(|| outlet.fault.get()),
        }
    }

    #[cfg(feature = "signed-meter-values")]
    pub(crate) fn with_signed_meter(self, meters: &'e SignedMeters<'e>) -> Self {
        Self { signed_meter: meters.of(self.connector), ..self }
    }

    pub(crate) fn attach(&'e self, ocpp: &mut Controls<'e>) -> Result<(), InputError> {
        let connector = self.connector;
        ocpp.set_hardware(self, connector)?;
        ocpp.add_error_data_input(&*self.fault, connector)?;
        let current = MeterReading::new(Measurand::CurrentImport, Some(UnitOfMeasure::A));
        ocpp.add_meter_value_input(MeterInput { connector, reading: current, value: &*self.current })?;
        let voltage = MeterReading::new(Measurand::Voltage, Some(UnitOfMeasure::V));
        ocpp.add_meter_value_input(MeterInput { connector, reading: voltage, value: &*self.voltage })
    }
}

impl ConnectorHardware for Wires<'_> {
    fn is_plugged(&self) -> bool {
        self.outlet.is_plugged()
    }

    fn energy(&self) -> Option<i64> {
        Some(self.outlet.energy())
    }

    /// Limits in both units, for `state`, which asks for them.
    fn equipment(&self) -> Equipment {
        let equipment = Equipment::new().with_power_meter().with_current_limit().with_power_limit();
        if self.has_lock { equipment.with_lock() } else { equipment }
    }

    fn power(&self) -> Option<i32> {
        Some(i32::try_from(self.outlet.power()).unwrap_or(i32::MAX))
    }

    fn is_ev_ready(&self) -> bool {
        self.outlet.is_ev_ready.get()
    }

    fn unlock(&self) -> UnlockResult {
        self.outlet.unlock()
    }

    #[cfg(feature = "signed-meter-values")]
    fn signed_meter(&self) -> Option<&dyn SignedMeter> {
        self.signed_meter.map(|meter| meter as &dyn SignedMeter)
    }

    fn notify(&self, notification: TxNotification) {
        self.log.note(&format!("connector {}: {}", self.connector, text_of(notification)));
    }
}

fn text_of(event: TxNotification) -> &'static str {
    match event {
        TxNotification::Authorized => "card accepted",
        TxNotification::AuthorizationRejected => "card refused",
        TxNotification::AuthorizationTimeout => "nobody knows this card",
        TxNotification::ConnectionTimeout => "no EV came",
        TxNotification::DeAuthorized => "card refused after all",
        TxNotification::RemoteStart => "started from afar",
        TxNotification::RemoteStop => "stopped from afar",
        TxNotification::StartTx => "transaction started",
        TxNotification::StopTx => "transaction stopped",
        #[cfg(feature = "signed-meter-values")]
        TxNotification::SignedValueMissing => "transaction stopped without a signed value",
        _ => "something new",
    }
}
