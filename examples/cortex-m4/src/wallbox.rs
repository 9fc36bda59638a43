//! A wallbox with all its inputs and outputs, shared by the firmwares that are measured, so that the linker leaves
//! out nothing that a charger needs. The hardware is a few statics.

#[cfg(feature = "security")]
mod certificates;

use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering::Relaxed};
#[cfg(feature = "signed-meter-values")]
use core::task::Poll;
use embedded_ocpp::facade::Controls;
use embedded_ocpp::json::{Decimal, Raw};
#[cfg(feature = "smart-charging")]
use embedded_ocpp::ocpp16::ChargingLimit;
use embedded_ocpp::ocpp16::{
    ChargePointErrorCode, ConnectorHardware, DataTransfer, DataTransferHandler, DataTransferReply, DataTransferStatus,
    Equipment, ErrorData, Location, Measurand, MeterInput, MeterReading, Phase, RequestHandler, ResetKind,
    TxNotification, UnitOfMeasure, UnlockResult,
};
#[cfg(feature = "firmware-management")]
use embedded_ocpp::ocpp16::{FileTransferProtocol, InstallationStatus, TransferStatus};
#[cfg(feature = "signed-meter-values")]
use embedded_ocpp::ocpp16::{PrintedKey, SignedMeter, SigningFailed, SigningMoment};
use embedded_ocpp::rpc::{Call, CallError, Composer, Reply};
use embedded_ocpp::store::VendorKey;
use static_cell::StaticCell;

static KEYS: StaticCell<[VendorKey<'static>; 3]> = StaticCell::new();
static GREETING: StaticCell<[u8; 20]> = StaticCell::new();

pub const CONNECTORS: u8 = 2;
pub const CARD: &str = "04A1B2C3D4E5F6";

pub static PLUGGED: AtomicBool = AtomicBool::new(false);
pub static EV_READY: AtomicBool = AtomicBool::new(true);
pub static FAULTY: AtomicBool = AtomicBool::new(false);
pub static ENERGY_WH: AtomicI32 = AtomicI32::new(0);
/// Tenths of an ampere; negative for no limit.
#[cfg(feature = "smart-charging")]
static LIMIT: AtomicI32 = AtomicI32::new(-1);
static OBSERVED: AtomicBool = AtomicBool::new(false);
/// Transactions that began or ended, and resets.
pub static EVENTS: AtomicU32 = AtomicU32::new(0);

/// Every connector.
struct Socket;

impl ConnectorHardware for Socket {
    fn is_plugged(&self) -> bool {
        PLUGGED.load(Relaxed)
    }

    fn energy(&self) -> Option<i64> {
        Some(ENERGY_WH.load(Relaxed).into())
    }

    fn equipment(&self) -> Equipment {
        let equipment = Equipment::new().with_power_meter().with_lock();
        #[cfg(feature = "smart-charging")]
        let equipment = equipment.with_current_limit().with_power_limit();
        equipment
    }

    fn power(&self) -> Option<i32> {
        Some(11_040)
    }

    fn is_ev_ready(&self) -> bool {
        EV_READY.load(Relaxed)
    }

    fn unlock(&self) -> UnlockResult {
        if PLUGGED.load(Relaxed) { UnlockResult::Pending } else { UnlockResult::Unlocked }
    }

    fn notify(&self, notification: TxNotification) {
        if matches!(notification, TxNotification::StartTx | TxNotification::StopTx) {
            count_event();
        }
    }

    #[cfg(feature = "signed-meter-values")]
    fn signed_meter(&self) -> Option<&dyn SignedMeter> {
        Some(self)
    }

    #[cfg(feature = "smart-charging")]
    fn set_limit(&self, limit: Option<ChargingLimit>) {
        let tenths = limit.map_or(-1, |limit| limit.current.mantissa() as i32);
        LIMIT.store(tenths, Relaxed);
    }
}

#[cfg(feature = "signed-meter-values")]
impl SignedMeter for Socket {
    fn encoding_method(&self) -> &str {
        "OCMF"
    }

    fn sign(&self, _: SigningMoment) {
        count_event();
    }

    fn read(&self, offset: usize, buffer: &mut [u8]) -> Poll<Result<usize, SigningFailed>> {
        let events = EVENTS.load(Relaxed);
        buffer.iter_mut().for_each(|place| *place = events as u8);
        Poll::Ready(if FAULTY.load(Relaxed) {
            Err(SigningFailed)
        } else {
            Ok(buffer.len().min(1500 - offset.min(1500)))
        })
    }

    fn public_key(&self) -> Option<PrintedKey<'_>> {
        Some(PrintedKey::Base16("3056301006072A8648CE3D0201"))
    }

    fn signs_samples(&self) -> bool {
        true
    }
}

/// Connects the charge point with the hardware.
pub fn wire(charge_point: &mut Controls<'static>) -> Option<()> {
    for id in 1..=CONNECTORS {
        charge_point.set_hardware(&Socket, id).ok()?;
        charge_point.add_error_data_input(&fault, id).ok()?;
        charge_point.add_error_code_input(&|| None, id).ok()?;
        let reading = MeterReading::new(Measurand::Voltage, Some(UnitOfMeasure::V));
        for phase in [Phase::L1N, Phase::L2N, Phase::L3N] {
            let value = &|| Some(Decimal::tenths(2304));
            let input = MeterInput { connector: id, reading: reading.phase(phase), value };
            charge_point.add_meter_value_input(input).ok()?;
        }
    }
    charge_point.add_error_data_input(&fault, 0).ok()?;
    let inlet = MeterReading::new(Measurand::CurrentImport, Some(UnitOfMeasure::A)).location(Location::Inlet);
    let current = MeterInput { connector: 0, reading: inlet, value: &|| Some(Decimal::tenths(160)) };
    charge_point.add_meter_value_input(current).ok()?;
    charge_point.set_on_reset_notify(&|kind| kind == ResetKind::Soft);
    charge_point.set_on_reset_execute(&|_| count_event());
    charge_point.set_on_discarded(&|_| count_event());
    charge_point
        .set_data_transfer_handler(DataTransferHandler { vendor_id: "org.example", message_id: None, handle: &pong })
        .ok()?;
    charge_point.set_request_handler(RequestHandler { action: "Hello", handle: &hello }).ok()?;
    charge_point.set_on_receive_request("Reset", &|_| OBSERVED.store(true, Relaxed)).ok()?;
    charge_point.set_on_send_conf("Reset", &|_| OBSERVED.store(false, Relaxed)).ok()?;
    charge_point.set_rng(&|| 4);
    #[cfg(feature = "firmware-management")]
    wire_transfers(charge_point);
    #[cfg(feature = "security")]
    charge_point.set_certificates(&certificates::Chip);
    let keys = KEYS.init([
        VendorKey::integer(0, "LightIntensity", 80, 0, 100),
        VendorKey::switch(1, "Demo_Beep", true).validated_by(&|_| true),
        VendorKey::text(2, "Demo_Greeting", "Hello", GREETING.init([0; 20])),
    ]);
    for key in keys {
        charge_point.declare_configuration(key).ok()?;
    }
    charge_point.fix_configuration("AuthorizeRemoteTxRequests").ok()?;
    charge_point.set_factory_configuration("MeterValueSampleInterval", "5").ok()
}

/// Files that are moved at once.
#[cfg(feature = "firmware-management")]
fn wire_transfers(charge_point: &mut Controls<'static>) {
    charge_point.set_on_download(&|_| count_event());
    charge_point.set_download_status_input(&|| TransferStatus::Done);
    charge_point.set_on_install(&count_event);
    charge_point.set_installation_status_input(&|| InstallationStatus::Installed);
    charge_point.set_diagnostics_file_name_input(&|_| Some("log.txt"));
    charge_point.set_on_upload(&|_, _| count_event());
    charge_point.set_upload_status_input(&|| TransferStatus::Done);
    charge_point.set_file_transfer_protocols(&[FileTransferProtocol::Http]);
}

fn hello(_call: &Call<'_>, answer: &mut Composer<'_>) -> Result<Reply, CallError> {
    answer.payload(&Raw(b"{}"))?;
    Ok(Reply::Now)
}

fn pong(_request: &DataTransfer<'_>) -> DataTransferReply<'static> {
    DataTransferReply { status: DataTransferStatus::Accepted, data: Some("pong") }
}

fn fault() -> Option<ErrorData> {
    FAULTY.load(Relaxed).then_some(ErrorData::fault(ChargePointErrorCode::HighTemperature))
}

fn count_event() {
    EVENTS.fetch_add(1, Relaxed);
}
