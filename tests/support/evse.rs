use embedded_ocpp::ChargePoint;
use embedded_ocpp::facade::ConnectorClosures;
use embedded_ocpp::ocpp16::{ErrorData, TxNotification, UnlockResult};
use std::cell::{Cell, RefCell};

/// The hardware of one connector. It outlives the boots of the firmware.
pub struct Evse {
    pub has_plug_sensor: Cell<bool>,
    pub plugged: Cell<bool>,
    pub energy: Cell<i64>,
    pub power: Cell<i32>,
    pub is_meter_readable: Cell<bool>,
    pub ev_ready: Cell<bool>,
    pub evse_ready: Cell<bool>,
    pub occupied: Cell<bool>,
    pub start_ready: Cell<bool>,
    pub stop_ready: Cell<bool>,
    pub error: Cell<Option<ErrorData>>,
    /// What the lock says when it is asked to open.
    pub unlock_result: Cell<UnlockResult>,
    /// How often it was asked.
    pub unlock_polls: Cell<u32>,
    pub notifications: RefCell<Vec<TxNotification>>,
}

impl Evse {
    pub fn leak() -> &'static Self {
        leak(Self {
            has_plug_sensor: Cell::new(true),
            plugged: Cell::new(false),
            energy: Cell::new(1000),
            power: Cell::new(0),
            is_meter_readable: Cell::new(true),
            ev_ready: Cell::new(true),
            evse_ready: Cell::new(true),
            occupied: Cell::new(false),
            start_ready: Cell::new(true),
            stop_ready: Cell::new(true),
            error: Cell::new(None),
            unlock_result: Cell::new(UnlockResult::Unlocked),
            unlock_polls: Cell::new(0),
            notifications: RefCell::new(Vec::new()),
        })
    }

    /// Wires it to a charge point, as one boot of the firmware does.
    pub fn connect(&'static self, charger: &mut ChargePoint<'static>, id: u8, closures: ConnectorClosures<'static>) {
        charger.set_hardware(leak(closures), id).unwrap();
        charger.add_error_data_input(leak(move || self.error.get()), id).unwrap();
    }

    /// What is wired, but for the lock.
    pub fn closures(&'static self) -> ConnectorClosures<'static> {
        let mut closures = ConnectorClosures::new();
        if self.has_plug_sensor.get() {
            closures.set_connector_plugged_input(leak(move || self.plugged.get()));
        }
        closures.set_energy_meter_input(leak(move || self.is_meter_readable.get().then(|| self.energy.get())));
        closures.set_power_meter_input(leak(move || self.is_meter_readable.get().then(|| self.power.get())));
        closures.set_ev_ready_input(leak(move || self.ev_ready.get()));
        closures.set_evse_ready_input(leak(move || self.evse_ready.get()));
        closures.set_occupied_input(leak(move || self.occupied.get()));
        closures.set_start_tx_ready_input(leak(move || self.start_ready.get()));
        closures.set_stop_tx_ready_input(leak(move || self.stop_ready.get()));
        closures.set_tx_notification_output(leak(move |told| self.notifications.borrow_mut().push(told)));
        closures
    }

    /// Asks its lock to open.
    pub fn unlock(&self) -> UnlockResult {
        self.unlock_polls.set(self.unlock_polls.get() + 1);
        self.unlock_result.get()
    }

    /// How often the firmware was told this, since it was last taken.
    pub fn count(&self, notification: TxNotification) -> u32 {
        self.notifications.borrow().iter().filter(|other| **other == notification).count() as u32
    }

    pub fn take_notifications(&self) -> Vec<TxNotification> {
        self.notifications.take()
    }
}

/// What outlives the firmware.
pub fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}
