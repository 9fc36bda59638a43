//! What is screwed to the wall: the connectors with all that is wired to them, and the flash.

use crate::support::{Evse, leak};
use embedded_ocpp::ChargePoint;
use embedded_ocpp::facade::ConnectorClosures;
use embedded_ocpp::json::Decimal;
use embedded_ocpp::ocpp16::{
    ChargePointErrorCode, ErrorData, Location, Measurand, MeterInput, MeterReading, Phase, UnitOfMeasure, UnlockResult,
};
use embedded_ocpp::store::{RecordKey, Storage};
use std::cell::Cell;
use std::collections::HashMap;

/// One connector with more wires than [`Evse`] has.
pub(crate) struct Bay {
    pub(crate) evse: &'static Evse,
    pub(crate) has_lock: bool,
    /// Errors beside that of the [`Evse`], whose input was set first.
    pub(crate) second_error: Cell<Option<ErrorData>>,
    pub(crate) error_code: Cell<Option<ChargePointErrorCode>>,
    /// The lock has said that it is open, since it was last asked for.
    pub(crate) was_opened: Cell<bool>,
    #[cfg(feature = "signed-meter-values")]
    pub(crate) signer: &'static crate::signing::Meter,
}

impl Bay {
    pub(crate) fn leak(_connector: u8, has_lock: bool, has_plug_sensor: bool) -> &'static Self {
        let evse = Evse::leak();
        evse.has_plug_sensor.set(has_plug_sensor);
        leak(Self {
            evse,
            has_lock,
            second_error: Cell::new(None),
            error_code: Cell::new(None),
            was_opened: Cell::new(false),
            #[cfg(feature = "signed-meter-values")]
            signer: crate::signing::Meter::leak(_connector),
        })
    }

    pub(crate) fn closures(&'static self) -> ConnectorClosures<'static> {
        let mut closures = self.evse.closures();
        if self.has_lock {
            closures.set_on_unlock_connector(leak(|| self.unlock()));
        }
        closures
    }

    pub(crate) fn connect(
        &'static self,
        charger: &mut ChargePoint<'static>,
        id: u8,
        closures: ConnectorClosures<'static>,
    ) {
        self.evse.connect(charger, id, closures);
        charger.add_error_data_input(leak(|| self.second_error.get()), id).unwrap();
        charger.add_error_code_input(leak(|| self.error_code.get()), id).unwrap();
        let voltage = MeterReading::new(Measurand::Voltage, Some(UnitOfMeasure::V)).phase(Phase::L1);
        let value = leak(|| Some(Decimal::tenths(2300)));
        charger.add_meter_value_input(MeterInput { connector: id, reading: voltage, value }).unwrap();
    }

    fn unlock(&self) -> UnlockResult {
        let result = self.evse.unlock_result.get();
        self.was_opened.set(self.was_opened.get() || result == UnlockResult::Unlocked);
        result
    }

    pub(crate) fn is_plugged(&self) -> bool {
        !self.evse.has_plug_sensor.get() || self.evse.plugged.get()
    }

    pub(crate) fn errors(&self) -> Vec<ErrorData> {
        let code = self.error_code.get().map(ErrorData::fault);
        [self.evse.error.get(), self.second_error.get(), code].into_iter().flatten().collect()
    }

    /// ST-06: EVCommunicationError is never a fault.
    pub(crate) fn is_faulted(&self) -> bool {
        let is_fault = |error: &ErrorData| error.is_faulted && error.code != ChargePointErrorCode::EVCommunicationError;
        self.errors().iter().any(is_fault)
    }
}

/// What belongs to the charge point as a whole.
#[derive(Default)]
pub(crate) struct Cabinet {
    pub(crate) error: Cell<Option<ErrorData>>,
    pub(crate) energy: Cell<i64>,
    pub(crate) has_meter: bool,
}

impl Cabinet {
    pub(crate) fn connect(&'static self, charger: &mut ChargePoint<'static>) {
        charger.add_error_data_input(leak(|| self.error.get()), 0).unwrap();
        if self.has_meter {
            let reading = MeterReading::new(Measurand::EnergyActiveImportRegister, Some(UnitOfMeasure::Wh));
            let value = leak(|| Some(Decimal::whole(self.energy.get())));
            let input = MeterInput { connector: 0, reading: reading.location(Location::Inlet), value };
            charger.add_meter_value_input(input).unwrap();
        }
    }

    pub(crate) fn is_faulted(&self) -> bool {
        self.error.get().is_some_and(|error| error.is_faulted)
    }
}

#[derive(Default)]
pub(crate) struct Flash {
    pub(crate) records: HashMap<RecordKey, Vec<u8>>,
    pub(crate) failing: u32,
    /// A failing write may have happened all the same.
    pub(crate) late_failures: bool,
    /// The last that was wanted of it has failed.
    pub(crate) is_in_trouble: bool,
}

#[derive(Debug)]
pub(crate) struct Failed;

impl Flash {
    fn fails(&mut self) -> bool {
        let fails = self.failing > 0;
        self.failing = self.failing.saturating_sub(1);
        self.is_in_trouble = fails;
        fails
    }
}

impl Storage for Flash {
    type Error = Failed;

    async fn load(&mut self, key: RecordKey, buffer: &mut [u8]) -> Result<Option<usize>, Failed> {
        if self.fails() {
            buffer.fill(0xa5);
            return Err(Failed);
        }
        let Some(record) = self.records.get(&key).filter(|record| !record.is_empty()) else { return Ok(None) };
        buffer.get_mut(..record.len()).ok_or(Failed)?.copy_from_slice(record);
        Ok(Some(record.len()))
    }

    async fn store(&mut self, key: RecordKey, record: &[u8]) -> Result<(), Failed> {
        let fails = self.fails();
        if !fails || self.late_failures && self.failing.is_multiple_of(2) {
            self.records.insert(key, record.to_vec());
        }
        if fails { Err(Failed) } else { Ok(()) }
    }

    async fn remove(&mut self, key: RecordKey) -> Result<(), Failed> {
        let fails = self.fails();
        if !fails || self.late_failures && self.failing.is_multiple_of(2) {
            self.records.remove(&key);
        }
        if fails { Err(Failed) } else { Ok(()) }
    }
}
