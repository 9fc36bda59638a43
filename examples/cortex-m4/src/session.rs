//! The session whose stack is measured: everything that a charge point does, with a central system in the firmware.

use core::sync::atomic::Ordering::Relaxed;

use embedded_ocpp::json::Raw;
use embedded_ocpp::ocpp16::{ChargePointStatus, Reason};
use embedded_ocpp::time::Duration;
use embedded_ocpp::transport::{Received, WebSocketTransport};
use embedded_ocpp::{Boot, ChargePoint, Instant, Resources};
use static_cell::{ConstStaticCell, StaticCell};

#[cfg(feature = "flash")]
use crate::nor_flash::{Chip, JOURNAL, LEN, SETTINGS};
use crate::wallbox::{CARD, ENERGY_WH, EV_READY, EVENTS, FAULTY, PLUGGED, wire};

/// Bytes of the `Resources` that the session borrows, those of the default for two connectors.
pub const RESOURCES_LEN: usize = Resources::<2>::RAM_BYTES;

static RESOURCES: StaticCell<Resources<'static>> = StaticCell::new();

/// Boots, charges once by card and once by remote control, answers the central system, and resets.
///
/// `None` when anything went otherwise.
#[inline(never)]
pub fn session() -> Option<()> {
    let boot = Boot::new("Demo Charger", "My Company Ltd.").firmware_version("1.0");
    let mut firmware = Firmware {
        charge_point: ChargePoint::new(RESOURCES.init_with(Resources::new), boot).ok()?,
        storage: storage()?,
        central: CentralSystem { is_up: true, call: None, open: None },
        now: Instant::ZERO,
    };
    wire(&mut firmware.charge_point)?;
    firmware.pass(4);
    firmware.charge_by_card()?;
    firmware.charge_by_remote_control()?;
    firmware.administer()?;
    (EVENTS.load(Relaxed) == 5 && firmware.charge_point.waiting_messages() == 0).then_some(())
}

#[cfg(feature = "flash")]
type Flash = embedded_ocpp::store::FlashStorage<Chip<'static>>;
#[cfg(not(feature = "flash"))]
type Flash = embedded_ocpp::store::RamStorage<2048>;

#[cfg(feature = "flash")]
#[inline(never)] // apart from the session, in whose frame it would be made
fn storage() -> Option<&'static mut Flash> {
    static MEMORY: ConstStaticCell<[u8; LEN]> = ConstStaticCell::new([0; LEN]);
    static STORAGE: StaticCell<Flash> = StaticCell::new();
    Some(STORAGE.init(Flash::new(Chip::erased(MEMORY.take()), SETTINGS, JOURNAL).ok()?))
}

/// Never on the stack, where it would be what is deepest.
#[cfg(not(feature = "flash"))]
fn storage() -> Option<&'static mut Flash> {
    static STORAGE: ConstStaticCell<Flash> = ConstStaticCell::new(Flash::new());
    Some(STORAGE.take())
}

struct Firmware {
    charge_point: ChargePoint<'static>,
    storage: &'static mut Flash,
    central: CentralSystem,
    now: Instant,
}

impl Firmware {
    fn charge_by_card(&mut self) -> Option<()> {
        self.call(r#"[2,"1","ChangeConfiguration",{"key":"MeterValuesSampledData","value":"Energy.Active.Import.Register,Power.Active.Import,Voltage"}]"#);
        self.call(r#"[2,"1a","ChangeConfiguration",{"key":"StopTxnSampledData","value":"Energy.Active.Import.Register,Voltage"}]"#);
        self.call(r#"[2,"1b","ChangeConfiguration",{"key":"ClockAlignedDataInterval","value":"4"}]"#);
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
        self.call(r#"[2,"8","ChangeAvailability",{"connectorId":0,"type":"Inoperative"}]"#);
        if self.charge_point.charge_point_status(0) != Some(ChargePointStatus::Unavailable) {
            return None;
        }
        self.call(r#"[2,"9","ChangeAvailability",{"connectorId":0,"type":"Operative"}]"#);
        self.call(r#"[2,"10","UnlockConnector",{"connectorId":1}]"#);
        self.call(r#"[2,"11","ChangeConfiguration",{"key":"Demo_Greeting","value":"Good morning"}]"#);
        self.call(r#"[2,"12","ClearCache",{}]"#);
        self.call(r#"[2,"13","Reset",{"type":"Soft"}]"#);
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
