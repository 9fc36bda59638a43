use embedded_ocpp::ocpp16::{ErrorData, TxNotification};
use std::cell::{Cell, RefCell};

/// The hardware of one connector. It outlives the boots of the firmware.
pub struct Evse {
    pub plugged: Cell<bool>,
    pub energy: Cell<i64>,
    pub power: Cell<i32>,
    pub ev_ready: Cell<bool>,
    pub evse_ready: Cell<bool>,
    pub start_ready: Cell<bool>,
    pub stop_ready: Cell<bool>,
    pub error: Cell<Option<ErrorData>>,
    pub notifications: RefCell<Vec<TxNotification>>,
}

impl Evse {
    pub fn leak() -> &'static Self {
        Box::leak(Box::new(Self {
            plugged: Cell::new(false),
            energy: Cell::new(1000),
            power: Cell::new(0),
            ev_ready: Cell::new(true),
            evse_ready: Cell::new(true),
            start_ready: Cell::new(true),
            stop_ready: Cell::new(true),
            error: Cell::new(None),
            notifications: RefCell::new(Vec::new()),
        }))
    }

    pub fn take_notifications(&self) -> Vec<TxNotification> {
        self.notifications.take()
    }
}
