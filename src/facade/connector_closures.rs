#[cfg(feature = "smart-charging")]
use crate::json::Decimal;
#[cfg(feature = "smart-charging")]
use crate::ocpp16::ChargingLimit;
#[cfg(feature = "signed-meter-values")]
use crate::ocpp16::SignedMeter;
use crate::station::{ConnectorHardware, Equipment, TxNotification, UnlockResult};

/// The hardware of a connector as closures, each set under its name in ArduinoOcpp. What is not set is taken as written at
/// each.
///
/// ```
/// use embedded_ocpp::facade::ConnectorClosures;
/// # use embedded_ocpp::{Boot, ChargePoint, Resources};
/// # fn plug_pin() -> bool { true }
/// # fn meter() -> Option<i64> { None }
///
/// let mut socket = ConnectorClosures::new();
/// socket.set_connector_plugged_input(&|| plug_pin());
/// socket.set_energy_meter_input(&|| meter());
/// # let mut resources = Resources::<1>::new();
/// # let mut ocpp = ChargePoint::new(&mut resources, Boot::new("Wallbox One", "ACME")).unwrap();
/// ocpp.set_hardware(&socket, 1)?;
/// # Ok::<(), embedded_ocpp::facade::InputError>(())
/// ```
///
/// A closure that captures nothing can stand where it is set; any other is bound with `let` before.
#[derive(Clone, Copy, Default)]
pub struct ConnectorClosures<'a> {
    plugged: Option<&'a dyn Fn() -> bool>,
    energy: Option<&'a dyn Fn() -> Option<i64>>,
    power: Option<&'a dyn Fn() -> Option<i32>>,
    ev_ready: Option<&'a dyn Fn() -> bool>,
    evse_ready: Option<&'a dyn Fn() -> bool>,
    occupied: Option<&'a dyn Fn() -> bool>,
    start_tx_ready: Option<&'a dyn Fn() -> bool>,
    stop_tx_ready: Option<&'a dyn Fn() -> bool>,
    unlock: Option<&'a dyn Fn() -> UnlockResult>,
    tx_notification: Option<&'a dyn Fn(TxNotification)>,
    #[cfg(feature = "smart-charging")]
    limit: Option<LimitOutput<'a>>,
    #[cfg(feature = "signed-meter-values")]
    signed_meter: Option<&'a dyn SignedMeter>,
}

/// The output that is told the limit.
#[cfg(feature = "smart-charging")]
#[derive(Clone, Copy)]
enum LimitOutput<'a> {
    /// Ampere per phase.
    Current(&'a dyn Fn(Option<Decimal>)),
    /// Watt over all phases.
    Power(&'a dyn Fn(Option<Decimal>)),
    Both(&'a dyn Fn(Option<ChargingLimit>)),
}

impl<'a> ConnectorClosures<'a> {
    /// No closures yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether an EV is plugged in. Without this input an EV counts as always plugged in, but nobody as seen to be there.
    pub fn set_connector_plugged_input(&mut self, input: &'a dyn Fn() -> bool) {
        self.plugged = Some(input);
    }

    /// The energy register of the meter in Wh, `None` while it cannot be read. It must not fall. Required: without it a poll
    /// says [`Missing::EnergyMeterInput`](super::Missing::EnergyMeterInput).
    ///
    /// While it cannot be read no value of it is told and no transaction starts. The end of one waits for it, at most 30 s;
    /// then the last value that was read counts.
    pub fn set_energy_meter_input(&mut self, input: &'a dyn Fn() -> Option<i64>) {
        self.energy = Some(input);
    }

    /// The power to the EV in W, for the measurand Power.Active.Import; `None` while it cannot be read.
    pub fn set_power_meter_input(&mut self, input: &'a dyn Fn() -> Option<i32>) {
        self.power = Some(input);
    }

    /// Whether the EV asks for energy (state C). Without this input it always does.
    pub fn set_ev_ready_input(&mut self, input: &'a dyn Fn() -> bool) {
        self.ev_ready = Some(input);
    }

    /// Whether the charge point offers energy (PWM on). Without this input it always does.
    pub fn set_evse_ready_input(&mut self, input: &'a dyn Fn() -> bool) {
        self.evse_ready = Some(input);
    }

    /// Whether the place is occupied though nothing is plugged in. Without this input it never is.
    pub fn set_occupied_input(&mut self, input: &'a dyn Fn() -> bool) {
        self.occupied = Some(input);
    }

    /// Holds a transaction back until it may start.
    pub fn set_start_tx_ready_input(&mut self, input: &'a dyn Fn() -> bool) {
        self.start_tx_ready = Some(input);
    }

    /// Holds the end of a transaction back until it may be told.
    pub fn set_stop_tx_ready_input(&mut self, input: &'a dyn Fn() -> bool) {
        self.stop_tx_ready = Some(input);
    }

    /// Is told what happens in a session, for the display.
    pub fn set_tx_notification_output(&mut self, output: &'a dyn Fn(TxNotification)) {
        self.tx_notification = Some(output);
    }

    /// The meter, where it signs what it measures.
    #[cfg(feature = "signed-meter-values")]
    pub fn set_signed_meter(&mut self, meter: &'a dyn SignedMeter) {
        self.signed_meter = Some(meter);
    }

    /// Unlocks the cable when the central system wants it: asked again while it says [`UnlockResult::Pending`], at most for
    /// 10 s. Without it the connector has no lock: see [`Equipment::with_lock`].
    pub fn set_on_unlock_connector(&mut self, output: &'a dyn Fn() -> UnlockResult) {
        self.unlock = Some(output);
    }

    /// Is told the limit in ampere per phase, as [`Decimal::tenths`]. The charge point takes charging profiles in ampere then.
    /// Of the three outputs for limits the one that was set last counts.
    #[cfg(feature = "smart-charging")]
    pub fn set_smart_charging_current_output(&mut self, output: &'a dyn Fn(Option<Decimal>)) {
        self.limit = Some(LimitOutput::Current(output));
    }

    /// Is told the limit in watt over all phases, as [`Decimal::tenths`]. The charge point takes charging profiles in watt
    /// then.
    #[cfg(feature = "smart-charging")]
    pub fn set_smart_charging_power_output(&mut self, output: &'a dyn Fn(Option<Decimal>)) {
        self.limit = Some(LimitOutput::Power(output));
    }

    /// Is told the limit in both units; all that it says holds. The charge point takes charging profiles in both then.
    #[cfg(feature = "smart-charging")]
    pub fn set_smart_charging_output(&mut self, output: &'a dyn Fn(Option<ChargingLimit>)) {
        self.limit = Some(LimitOutput::Both(output));
    }
}

impl ConnectorHardware for ConnectorClosures<'_> {
    fn is_plugged(&self) -> bool {
        self.plugged.is_none_or(|input| input())
    }

    fn energy(&self) -> Option<i64> {
        self.energy.and_then(|input| input())
    }

    fn equipment(&self) -> Equipment {
        let mut equipment = Equipment::new();
        if self.plugged.is_none() {
            equipment = equipment.without_plug_sensor();
        }
        if self.energy.is_none() {
            equipment = equipment.without_energy_meter();
        }
        if self.power.is_some() {
            equipment = equipment.with_power_meter();
        }
        if self.unlock.is_some() {
            equipment = equipment.with_lock();
        }
        #[cfg(feature = "smart-charging")]
        match self.limit {
            Some(LimitOutput::Current(_)) => equipment = equipment.with_current_limit(),
            Some(LimitOutput::Power(_)) => equipment = equipment.with_power_limit(),
            Some(LimitOutput::Both(_)) => equipment = equipment.with_current_limit().with_power_limit(),
            None => {}
        }
        equipment
    }

    fn power(&self) -> Option<i32> {
        self.power.and_then(|input| input())
    }

    #[cfg(feature = "signed-meter-values")]
    fn signed_meter(&self) -> Option<&dyn SignedMeter> {
        self.signed_meter
    }

    fn is_ev_ready(&self) -> bool {
        self.ev_ready.is_none_or(|input| input())
    }

    fn is_evse_ready(&self) -> bool {
        self.evse_ready.is_none_or(|input| input())
    }

    fn is_occupied(&self) -> bool {
        self.occupied.is_some_and(|input| input())
    }

    fn is_start_tx_ready(&self) -> bool {
        self.start_tx_ready.is_none_or(|input| input())
    }

    fn is_stop_tx_ready(&self) -> bool {
        self.stop_tx_ready.is_none_or(|input| input())
    }

    fn unlock(&self) -> UnlockResult {
        self.unlock.map_or(UnlockResult::UnlockFailed, |output| output())
    }

    fn notify(&self, notification: TxNotification) {
        if let Some(output) = self.tx_notification {
            output(notification);
        }
    }

    #[cfg(feature = "smart-charging")]
    fn set_limit(&self, limit: Option<ChargingLimit>) {
        match self.limit {
            Some(LimitOutput::Current(output)) => output(limit.map(|limit| limit.current)),
            Some(LimitOutput::Power(output)) => output(limit.map(|limit| limit.power)),
            Some(LimitOutput::Both(output)) => output(limit),
            None => {}
        }
    }
}
