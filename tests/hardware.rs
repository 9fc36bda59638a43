//! The hardware of a connector as one object of the firmware's own, instead of closures, which all other tests set.

mod support;

use embedded_ocpp::facade::ConnectorClosures;
use embedded_ocpp::ocpp16::{ConnectorHardware, Equipment, TxNotification, UnlockResult};
use serde_json::json;
use static_cell::StaticCell;
use std::cell::{Cell, RefCell};
use support::{Timeline, bench, booted, leak};

/// What a socket is made of: it owns all of it.
#[derive(Default)]
struct Socket {
    is_plugged: Cell<bool>,
    energy: Cell<Option<i64>>,
    told: RefCell<Vec<TxNotification>>,
}

impl ConnectorHardware for Socket {
    fn is_plugged(&self) -> bool {
        self.is_plugged.get()
    }

    fn energy(&self) -> Option<i64> {
        self.energy.get()
    }

    fn notify(&self, notification: TxNotification) {
        self.told.borrow_mut().push(notification);
    }
}

#[test]
fn an_object_that_owns_its_state_charges_from_a_static_cell() {
    static SOCKET: StaticCell<Socket> = StaticCell::new(); // neither Send nor Sync
    let socket: &'static Socket = SOCKET.init(Socket::default());
    let mut t = booted();
    t.charger().set_hardware(socket, 1).unwrap();
    socket.is_plugged.set(true);
    t.settle();
    t.expect_status(1, "Preparing");
    t.at(10).accepted_card(1, "TAG");
    t.at(20).expect_nothing(); // the register is not known
    socket.energy.set(Some(1234));
    t.at(21).expect_call("StartTransaction", json!({"meterStart": 1234})).start(42, "Accepted");
    t.expect_status(1, "Charging");
    socket.energy.set(Some(5678));
    socket.is_plugged.set(false);
    t.at(30).expect_stop(json!({"meterStop": 5678, "reason": "EVDisconnected"}));
    t.expect_status(1, "Finishing");
    t.expect_status(1, "Available");
    assert_eq!(*socket.told.borrow(), [TxNotification::Authorized, TxNotification::StartTx, TxNotification::StopTx]);
}

/// Whoever implements no more than is required has no lock, no limit and no power meter.
#[test]
fn what_is_not_implemented_is_not_there() {
    let mut t = bench().configure(|charger| charger.set_hardware(leak(Socket::default()), 1).unwrap()).booted();
    t.call("UnlockConnector", json!({"connectorId": 1})).expect("NotSupported");
    t.call("ClearChargingProfile", json!({})).expect_error("NotSupported");
    t.change_key("MeterValuesSampledData", "Power.Active.Import", "Rejected");
    t.change_key("MeterValuesSampledData", "Energy.Active.Import.Register", "Accepted");
    assert!(!t.charger().locks_cable(1));
    t.at(5).accepted_card(1, "TAG");
    t.expect_status(1, "Preparing");
    t.at(10).expect_nothing(); // the plug is seen, and is not in
}

struct Full {
    unlocks: Cell<u32>,
    #[cfg(feature = "smart-charging")]
    limits: RefCell<Vec<Option<i64>>>,
}

impl ConnectorHardware for Full {
    fn is_plugged(&self) -> bool {
        true
    }

    fn energy(&self) -> Option<i64> {
        Some(7)
    }

    fn equipment(&self) -> Equipment {
        let equipment = Equipment::new().without_plug_sensor().with_power_meter().with_lock();
        #[cfg(feature = "smart-charging")]
        let equipment = equipment.with_current_limit();
        equipment
    }

    fn power(&self) -> Option<i32> {
        Some(3680)
    }

    fn unlock(&self) -> UnlockResult {
        self.unlocks.set(self.unlocks.get() + 1);
        UnlockResult::Unlocked
    }

    #[cfg(feature = "smart-charging")]
    fn set_limit(&self, limit: Option<embedded_ocpp::ocpp16::ChargingLimit>) {
        self.limits.borrow_mut().push(limit.map(|limit| limit.current.mantissa()));
    }
}

fn full() -> (Timeline, &'static Full) {
    thread_local!(static FULL: Cell<Option<&'static Full>> = const { Cell::new(None) });
    let hardware = Full {
        unlocks: Cell::new(0),
        #[cfg(feature = "smart-charging")]
        limits: RefCell::default(),
    };
    FULL.set(Some(leak(hardware)));
    let t = bench().configure(|charger| charger.set_hardware(FULL.get().unwrap(), 1).unwrap()).booted();
    (t, FULL.get().unwrap())
}

#[test]
fn what_the_equipment_names_is_used() {
    let (mut t, hardware) = full();
    t.change_key("MeterValuesSampledData", "Power.Active.Import", "Accepted");
    t.change_key("MeterValueSampleInterval", "10", "Accepted");
    assert_eq!(hardware.unlocks.get(), 0);
    t.call("UnlockConnector", json!({"connectorId": 1})).expect("Unlocked");
    assert_eq!(hardware.unlocks.get(), 1);
    t.at(10).accepted_card(1, "TAG");
    t.expect_status(1, "Preparing");
    t.expect_call("StartTransaction", json!({"meterStart": 7})).start(42, "Accepted");
    t.expect_status(1, "Charging");
    assert!(t.charger().locks_cable(1));
    let value = json!({"value": "3680", "measurand": "Power.Active.Import", "unit": "W"});
    t.at(20).expect_call("MeterValues", json!({"meterValue": [{"sampledValue": [value]}]})).answer(json!({}));
}

#[cfg(feature = "smart-charging")]
#[test]
fn a_limit_is_told_at_first_and_when_it_changes_and_taken_in_the_unit_that_is_named() {
    use support::profiles::{clear, profile, set, with};
    let (mut t, hardware) = full();
    assert_eq!(hardware.limits.take(), [None]);
    set(&mut t, 1, profile(1, 0, &[(0, 16.0)]), "Accepted");
    assert_eq!(hardware.limits.take(), [Some(160)]);
    t.at(10).expect_nothing();
    set(&mut t, 1, with(profile(2, 1, &[(0, 10.0)]), json!({"chargingRateUnit": "W"})), "Rejected");
    clear(&mut t, json!({}), "Accepted");
    assert_eq!(hardware.limits.take(), [None]);
}

/// Closures under their names in ArduinoOcpp are such an object: each of them is asked, and what is not set has its answer.
#[test]
fn closures_are_an_object_as_well() {
    let empty = ConnectorClosures::new();
    let switches = |hardware: &dyn ConnectorHardware| {
        [
            hardware.is_plugged(),
            hardware.is_ev_ready(),
            hardware.is_evse_ready(),
            hardware.is_occupied(),
            hardware.is_start_tx_ready(),
            hardware.is_stop_tx_ready(),
        ]
    };
    let missing = [true, true, true, false, true, true];
    assert_eq!(switches(&empty), missing);
    assert_eq!((empty.energy(), empty.power(), empty.unlock()), (None, None, UnlockResult::UnlockFailed));
    let (yes, no) = (|| true, || false);
    type Set<'c> = fn(&mut ConnectorClosures<'c>, &'c dyn Fn() -> bool);
    let setters: [Set<'_>; 6] = [
        ConnectorClosures::set_connector_plugged_input,
        ConnectorClosures::set_ev_ready_input,
        ConnectorClosures::set_evse_ready_input,
        ConnectorClosures::set_occupied_input,
        ConnectorClosures::set_start_tx_ready_input,
        ConnectorClosures::set_stop_tx_ready_input,
    ];
    for (index, set) in setters.into_iter().enumerate() {
        let mut closures = empty;
        let mut expected = missing;
        expected[index] = !missing[index];
        set(&mut closures, if missing[index] { &no } else { &yes });
        assert_eq!(switches(&closures), expected);
        assert_ne!(closures.switches(), empty.switches());
    }
}
