//! The smallest firmware with a whole charge point in a superloop: `.ci/size` counts what it has above `empty`.
//! The card reader, the relay, the modem and the flash controller are a few statics. Without the feature `flash` records
//! are in RAM: the difference is what flash costs.
#![no_std]
#![no_main]

#[cfg(feature = "flash")]
#[path = "../chip.rs"]
mod chip;
#[path = "../halt.rs"]
mod halt;
#[path = "../wallbox.rs"]
mod wallbox;

use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering::Relaxed};
use embedded_ocpp::json::Raw;
use embedded_ocpp::ocpp16::{ChargePointStatus, Reason};
use embedded_ocpp::store::Value;
use embedded_ocpp::transport::{Received, WebSocketTransport};
use embedded_ocpp::{Boot, ChargePoint, Error, Instant, Resources};
use static_cell::StaticCell;

static RESOURCES: StaticCell<Resources<'static>> = StaticCell::new();
static STORAGE: StaticCell<Flash> = StaticCell::new();

static MILLISECONDS: AtomicU32 = AtomicU32::new(0);
static CARD_SHOWN: AtomicBool = AtomicBool::new(false);
static BUTTON: AtomicBool = AtomicBool::new(false);
static RELAY: AtomicBool = AtomicBool::new(false);
static LOCK: AtomicBool = AtomicBool::new(false);
static LAMP: AtomicU8 = AtomicU8::new(0);
static MODEM: AtomicU8 = AtomicU8::new(0);

#[cortex_m_rt::entry]
fn main() -> ! {
    let boot = Boot::new("Demo Charger", "My Company Ltd.").firmware_version("1.0");
    if let Ok(charge_point) = ChargePoint::new(RESOURCES.init_with(Resources::new), boot) {
        charge(charge_point);
    }
    loop {
        cortex_m::asm::wfi();
    }
}

fn charge(mut charge_point: ChargePoint<'static>) -> Option<()> {
    let storage = STORAGE.init(flash()?);
    wallbox::wire(&mut charge_point)?;
    loop {
        poll(&mut charge_point, storage);
        if CARD_SHOWN.load(Relaxed) {
            if charge_point.is_transaction_active(1) {
                let _ = charge_point.end_transaction(Some(wallbox::CARD), Reason::Local, 1);
            } else {
                let _ = charge_point.begin_transaction(wallbox::CARD, 1);
            }
        }
        if BUTTON.load(Relaxed) {
            let _ = charge_point.send_request("DataTransfer", &Raw(br#"{"vendorId":"org.example"}"#), Some(&|_| {}));
        }
        if BUTTON.load(Relaxed) {
            let _ = charge_point.set_configuration("LightIntensity", "50");
            let _ = charge_point.authorize(wallbox::CARD, &|info| CARD_SHOWN.store(info.is_ok(), Relaxed));
        }
        LOCK.store(charge_point.locks_cable(1), Relaxed);
        if let Some(Value::Integer(percent)) = charge_point.configuration().value("LightIntensity") {
            LAMP.store(percent as u8, Relaxed);
        }
        RELAY.store(charge_point.permits_charge(1), Relaxed);
        LAMP.store(charge_point.charge_point_status(1).unwrap_or(ChargePointStatus::Faulted) as u8, Relaxed);
    }
}

/// Apart from the loop, whose frame is small then: short offsets make short instructions.
#[inline(never)]
fn poll(charge_point: &mut ChargePoint<'static>, storage: &mut Flash) {
    let now = Instant::from_millis(MILLISECONDS.load(Relaxed).into());
    if let Err(Error::Incomplete(_)) = charge_point.poll(now, &mut Modem, storage) {
        LAMP.store(u8::MAX, Relaxed); // whatever else fails is tried again
    }
}

#[cfg(feature = "flash")]
type Flash = embedded_ocpp::store::FlashStorage<chip::Chip>;
#[cfg(not(feature = "flash"))]
type Flash = embedded_ocpp::store::RamStorage<512>;

#[cfg(feature = "flash")]
fn flash() -> Option<Flash> {
    Flash::new(chip::Chip, 0..0x4000, 0x4000..0x1_4000).ok()
}

#[cfg(not(feature = "flash"))]
fn flash() -> Option<Flash> {
    Some(Flash::new())
}

/// A modem that does the WebSocket by itself, behind one register.
struct Modem;

impl WebSocketTransport for Modem {
    type Error = ();

    fn is_connected(&self) -> bool {
        MODEM.load(Relaxed) != 0
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, ()> {
        let len = usize::from(MODEM.load(Relaxed));
        buffer.iter_mut().take(len).for_each(|place| *place = MODEM.load(Relaxed));
        Ok(if len == 0 { None } else { Some(Received::Message(len)) })
    }

    #[cfg(feature = "security")]
    async fn receive_in_parts(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, ()> {
        let received = self.receive(buffer).await?;
        Ok(if BUTTON.load(Relaxed) { Some(Received::Part(buffer.len())) } else { received })
    }

    async fn send(&mut self, part: &[u8], _last: bool) -> Result<(), ()> {
        part.iter().for_each(|byte| MODEM.store(*byte, Relaxed));
        Ok(())
    }
}
