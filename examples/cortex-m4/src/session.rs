//! The work of the firmwares that are measured for size and stack: a whole charging session in a superloop.
//!
//! Every input, every output and every operation is used, so that the linker leaves out nothing that a charger
//! needs. Shared as a file and not through `board`, whose time driver and printing would be counted.

use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering::Relaxed};

use embedded_ocpp::json::{Decimal, Raw};
use embedded_ocpp::ocpp16::{
    ChargePointErrorCode, ChargePointStatus, DataTransferHandler, DataTransferReply, DataTransferStatus, ErrorData,
    Measurand, MeterInput, MeterReading, Phase, Reason, ResetKind, TxNotification, UnitOfMeasure,
};
use embedded_ocpp::store::RamStorage;
use embedded_ocpp::time::Duration;
use embedded_ocpp::transport::{Received, WebSocketTransport};
use embedded_ocpp::{Boot, ChargePoint, Instant, Resources};
use static_cell::{ConstStaticCell, StaticCell};

/// Bytes of the `Resources` that the session borrows, those of the default for two connectors.
#[allow(dead_code)] // only `stack` prints it
pub const RESOURCES_LEN: usize = size_of::<Resources<'static>>();

static RESOURCES: StaticCell<Resources<'static>> = StaticCell::new();
static STORAGE: ConstStaticCell<RamStorage<512>> = ConstStaticCell::new(RamStorage::new());

const CONNECTORS: u8 = 2;
const CARD: &str = "04A1B2C3D4E5F6";

// The EVSE.
static PLUGGED: AtomicBool = AtomicBool::new(false);
static EV_READY: AtomicBool = AtomicBool::new(true);
static FAULTY: AtomicBool = AtomicBool::new(false);
static ENERGY_WH: AtomicI32 = AtomicI32::new(0);
/// Transactions that began or ended, and resets.
static EVENTS: AtomicU32 = AtomicU32::new(0);

/// Boots, charges once by card and once by remote control, answers the central system, and resets.
///
/// `None` when anything went otherwise.
#[inline(never)] // one function of its own, so that its stack is the same in every firmware
pub fn session() -> Option<()> {
    let resources = resources();
    charge(resources)
}

#[inline(never)]
fn charge(resources: &'static mut Resources<'static>) -> Option<()> {
    let boot = Boot::new("Demo Charger", "My Company Ltd.").firmware_version("1.0");
    let mut firmware = Firmware {
        charge_point: ChargePoint::new(resources, boot).ok()?,
        storage: STORAGE.take(),
        central: CentralSystem { is_up: true, call: None, open: None },
        now: Instant::ZERO,
    };
    firmware.wire()?;
    firmware.pass(4);
    firmware.charge_by_card()?;
    firmware.charge_by_remote_control()?;
    firmware.administer()?;
    (EVENTS.load(Relaxed) == 5 && firmware.charge_point.waiting_messages() == 0).then_some(())
}

/// A function of its own, so that what building them takes of the stack is given back.
#[inline(never)]
fn resources() -> &'static mut Resources<'static> {
    RESOURCES.init_with(Resources::new)
}

struct Firmware {
    charge_point: ChargePoint<'static>,
    storage: &'static mut RamStorage<512>,
    central: CentralSystem,
    now: Instant,
}

impl Firmware {
    /// Connects the charge point with the EVSE.
    fn wire(&mut self) -> Option<()> {
        let charge_point = &mut self.charge_point;
        for id in 1..=CONNECTORS {
            charge_point.set_connector_plugged_input(&|| PLUGGED.load(Relaxed), id).ok()?;
            charge_point.set_energy_meter_input(&|| i64::from(ENERGY_WH.load(Relaxed)), id).ok()?;
            charge_point.set_power_meter_input(&|| 11_040, id).ok()?;
            charge_point.set_ev_ready_input(&|| EV_READY.load(Relaxed), id).ok()?;
            charge_point.set_evse_ready_input(&|| true, id).ok()?;
            charge_point.set_occupied_input(&|| false, id).ok()?;
            charge_point.set_start_tx_ready_input(&|| true, id).ok()?;
            charge_point.set_stop_tx_ready_input(&|| true, id).ok()?;
            charge_point.add_error_data_input(&fault, id).ok()?;
            charge_point.add_error_code_input(&|| None, id).ok()?;
            charge_point.set_tx_notification_output(&notified, id).ok()?;
            let reading = MeterReading::new(Measurand::Voltage, Some(UnitOfMeasure::V));
            for phase in [Phase::L1N, Phase::L2N, Phase::L3N] {
                let value = &|| Some(Decimal::tenths(2304));
                charge_point
                    .add_meter_value_input(MeterInput { connector: id, reading: reading.phase(phase), value })
                    .ok()?;
            }
        }
        charge_point.set_on_reset_notify(&|kind| kind == ResetKind::Soft);
        charge_point.set_on_reset_execute(&|_| count_event());
        charge_point.set_on_discarded(&|_| count_event());
        charge_point
            .set_data_transfer_handler(DataTransferHandler {
                vendor_id: "org.example",
                handle: &|_| DataTransferReply { status: DataTransferStatus::Accepted, data: Some("pong") },
            })
            .ok()?;
        charge_point.set_rng(&|| 4);
        charge_point.set_factory_configuration("MeterValueSampleInterval", "5").ok()
    }

    fn charge_by_card(&mut self) -> Option<()> {
        self.call(r#"[2,"1","ChangeConfiguration",{"key":"MeterValuesSampledData","value":"Energy.Active.Import.Register,Power.Active.Import,Voltage"}]"#);
        self.plug(true);
        self.charge_point.begin_transaction(CARD, 1).ok()?;
        self.pass(4);
        EV_READY.store(false, Relaxed);
        self.pass(2);
        EV_READY.store(true, Relaxed);
        self.pass(8);
        self.central.is_up = false;
        self.pass(8);
        self.central.is_up = true;
        self.pass(2);
        if !self.charge_point.permits_charge(1) {
            return None;
        }
        self.charge_point.end_transaction(Some(CARD), Reason::Local, 1).ok()?;
        self.pass(4);
        self.plug(false);
        Some(())
    }

    fn charge_by_remote_control(&mut self) -> Option<()> {
        self.call(r#"[2,"2","RemoteStartTransaction",{"connectorId":2,"idTag":"REMOTE01"}]"#);
        self.plug(true);
        self.pass(4);
        self.call(r#"[2,"3","GetConfiguration",{}]"#);
        self.call(r#"[2,"4","TriggerMessage",{"requestedMessage":"MeterValues"}]"#);
        self.call(r#"[2,"5","RemoteStopTransaction",{"transactionId":1234}]"#);
        self.pass(4);
        self.plug(false);
        Some(())
    }

    fn administer(&mut self) -> Option<()> {
        self.call(r#"[2,"6","TriggerMessage",{"requestedMessage":"MeterValues"}]"#);
        self.call(r#"[2,"7","DataTransfer",{"vendorId":"org.example","data":"ping"}]"#);
        self.charge_point.send_request("DataTransfer", &Raw(br#"{"vendorId":"org.example"}"#), Some(&|_| {})).ok()?;
        self.pass(2);
        FAULTY.store(true, Relaxed);
        self.pass(3);
        FAULTY.store(false, Relaxed);
        self.pass(3);
        if self.charge_point.charge_point_status(1) != Some(ChargePointStatus::Available) {
            return None;
        }
        self.call(r#"[2,"8","Reset",{"type":"Soft"}]"#);
        Some(())
    }

    fn plug(&mut self, plugged: bool) {
        PLUGGED.store(plugged, Relaxed);
        self.pass(3);
    }

    /// The central system calls.
    fn call(&mut self, frame: &'static str) {
        self.central.call = Some(frame);
        self.pass(3);
    }

    /// Lets so many seconds pass.
    fn pass(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.now = self.now + Duration::from_secs(1);
            ENERGY_WH.fetch_add(3, Relaxed);
            // An outage is an error, too; what comes of it is looked at in the end.
            let _ = self.charge_point.poll(self.now, &mut self.central, self.storage);
        }
    }
}

/// The link with the central system behind it: answers each call at once.
//
// A charger has a WebSocket in its place.
struct CentralSystem {
    is_up: bool,
    /// The call that it makes next.
    call: Option<&'static str>,
    /// The call of the charge point that it has not answered yet, from its id on, and the rest of the answer.
    open: Option<([u8; 18], &'static str)>,
}

#[derive(Debug)]
struct LinkDown;

impl WebSocketTransport for CentralSystem {
    type Error = LinkDown;

    fn is_connected(&self) -> bool {
        self.is_up
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, LinkDown> {
        if !self.is_up {
            return Err(LinkDown);
        }
        let open = self.open.take();
        let (head, id, tail): (_, &[u8], _) = match &open {
            Some((call, answer)) => ("[3,\"", call.split(|byte| *byte == b'"').next().unwrap_or_default(), *answer),
            None => match self.call.take() {
                Some(call) => ("", &[], call),
                None => return Ok(None),
            },
        };
        let message = head.bytes().chain(id.iter().copied()).chain(tail.bytes());
        let places = buffer.iter_mut().zip(message);
        let len = places.map(|(place, byte)| *place = byte).count();
        Ok(Some(Received::Message(len)))
    }

    async fn send(&mut self, part: &[u8], _last: bool) -> Result<(), LinkDown> {
        if !self.is_up {
            return Err(LinkDown);
        }
        if let [b'[', b'2', b',', b'"', call @ ..] = part {
            let action = call.split(|byte| *byte == b'"').nth(2);
            let answer = match action.and_then(<[_]>::first) {
                Some(b'B') => r#"",{"status":"Accepted","currentTime":"2025-01-01T00:00:00Z","interval":86400}]"#,
                Some(b'D') => r#"",{"status":"Accepted"}]"#,
                _ => r#"",{"transactionId":1234,"idTagInfo":{"status":"Accepted"}}]"#,
            };
            self.open = call.first_chunk().map(|call| (*call, answer));
        }
        Ok(())
    }
}

fn fault() -> Option<ErrorData> {
    FAULTY.load(Relaxed).then_some(ErrorData::fault(ChargePointErrorCode::HighTemperature))
}

fn notified(notification: TxNotification) {
    if matches!(notification, TxNotification::StartTx | TxNotification::StopTx) {
        count_event();
    }
}

fn count_event() {
    EVENTS.fetch_add(1, Relaxed);
}
