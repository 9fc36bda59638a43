use crate::central_system::CentralSystem;
use crate::device::Device;
use crate::link::Link;
use crate::vault::Vault;
use embedded_ocpp::facade::capacity::{ReceiveBuffer, SendBuffer};
use embedded_ocpp::json::Decimal;
use embedded_ocpp::ocpp16::{
    ChargePointErrorCode, ConnectorHardware, DataTransferHandler, DataTransferReply, DataTransferStatus, Equipment,
    InstallationStatus, Measurand, MeterInput, MeterReading, Phase, PrintedKey, SignedMeter, SigningFailed,
    SigningMoment, TransferStatus, UnitOfMeasure, UnlockResult,
};
use embedded_ocpp::store::VendorKey;
use embedded_ocpp::time::Duration;
use embedded_ocpp::{Boot, ChargePoint, Instant, Resources};
use std::cell::Cell;
use std::task::Poll;

pub const RECEIVE: usize = 512;
/// The smallest that is allowed, so that messages come in parts.
pub const SEND: usize = 1024;

/// So many polls at one moment that each want another one at once are a busy loop.
const POLLS_MAX: u32 = 64;
/// So many calls at one moment, all of them answered, are more than the journal holds.
const CALLS_MAX: u32 = 10_000;

/// The hardware of two connectors. It outlives the boots of the firmware.
pub struct Site {
    pub plugged: [Cell<bool>; 2],
    pub energy_wh: [Cell<i64>; 2],
    pub error: [Cell<Option<ChargePointErrorCode>>; 2],
    pub unlock: Cell<UnlockResult>,
    pub vault: Vault,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            plugged: Default::default(),
            energy_wh: Default::default(),
            error: Default::default(),
            unlock: Cell::new(UnlockResult::Unlocked),
            vault: Vault::default(),
        }
    }
}

/// A charge point that is switched on.
pub struct Bench<'a> {
    pub charge_point: ChargePoint<'a>,
    pub link: Link,
    device: &'a mut Device,
    now: Instant,
    /// When it wants to be polled next.
    deadline: Instant,
}

/// One connector of it.
struct Socket<'s> {
    site: &'s Site,
    index: usize,
}

impl ConnectorHardware for Socket<'_> {
    fn is_plugged(&self) -> bool {
        self.site.plugged[self.index].get()
    }

    fn energy(&self) -> Option<i64> {
        Some(self.site.energy_wh[self.index].get())
    }

    fn equipment(&self) -> Equipment {
        Equipment::new().with_lock().with_current_limit().with_power_limit()
    }

    fn unlock(&self) -> UnlockResult {
        self.site.unlock.get()
    }

    fn signed_meter(&self) -> Option<&dyn SignedMeter> {
        Some(self)
    }
}

impl SignedMeter for Socket<'_> {
    fn encoding_method(&self) -> &str {
        "OCMF"
    }

    fn sign(&self, _: SigningMoment) {}

    fn read(&self, offset: usize, buffer: &mut [u8]) -> Poll<Result<usize, SigningFailed>> {
        const LEN: usize = 700;
        buffer.fill(b's');
        Poll::Ready(Ok(buffer.len().min(LEN - offset.min(LEN))))
    }

    fn public_key(&self) -> Option<PrintedKey<'_>> {
        Some(PrintedKey::Base16("3056301006"))
    }

    fn signs_samples(&self) -> bool {
        true
    }
}

/// Does something with a charge point from its boot on, without a connection. Its end is that of the supply.
pub fn boot<R>(site: &Site, device: &mut Device, work: impl FnOnce(&mut Bench<'_>) -> R) -> R {
    let sockets = [0, 1].map(|index| Socket { site, index });
    let error = [0, 1].map(|index| move || site.error[index].get());
    let voltage = MeterReading::new(Measurand::Voltage, Some(UnitOfMeasure::V)).phase(Phase::L1);
    let (mut room, reply) =
        ([0; 500], DataTransferReply { status: DataTransferStatus::Accepted, data: Some("\"done\"") });
    let mut keys = [
        VendorKey::text(0, "Acme_Greeting", "Hello", &mut room),
        VendorKey::integer(1, "Acme_LampPercent", 80, 0, 100),
    ];
    let mut resources = Resources::<2, ReceiveBuffer<RECEIVE, SendBuffer<SEND>>>::new();
    let mut charge_point = ChargePoint::new(&mut resources, Boot::new("Model", "Vendor")).expect("short texts");
    for (index, id) in [(0, 1), (1, 2)] {
        charge_point.set_hardware(&sockets[index], id).expect("a connector");
        charge_point.add_error_code_input(&error[index], id).expect("a connector");
    }
    let metered = MeterInput { connector: 1, reading: voltage, value: &|| Some(Decimal::tenths(2301)) };
    charge_point.add_meter_value_input(metered).expect("room");
    for key in &mut keys {
        charge_point.declare_configuration(key).expect("a name of its own");
    }
    let handler = DataTransferHandler { vendor_id: "Acme", message_id: None, handle: &|_| reply };
    charge_point.set_data_transfer_handler(handler).expect("room");
    charge_point.set_on_reset_execute(&|_| {});
    charge_point.set_on_download(&|_| {});
    charge_point.set_download_status_input(&|| TransferStatus::Done);
    charge_point.set_on_install(&|| {});
    charge_point.set_installation_status_input(&|| InstallationStatus::Failed);
    charge_point.set_diagnostics_file_name_input(&|_| Some("log"));
    charge_point.set_on_upload(&|_, _| {});
    charge_point.set_upload_status_input(&|| TransferStatus::Failed);
    charge_point.set_certificates(&site.vault);
    charge_point.set_rng(&|| 0x1234_5678);
    let mut bench = Bench { charge_point, link: Link::default(), device, now: Instant::ZERO, deadline: Instant::ZERO };
    bench.settle();
    work(&mut bench)
}

impl Bench<'_> {
    /// Polls until the charge point names a moment that is still to come.
    pub fn settle(&mut self) {
        for _ in 0..POLLS_MAX {
            if let Ok(deadline) = self.charge_point.poll(self.now, &mut self.link, self.device)
                && deadline > self.now
            {
                self.deadline = deadline;
                return;
            }
        }
        panic!("a busy loop at {} ms", self.now.as_millis());
    }

    /// Lets time pass, and looks at what is sent whenever the charge point has done something.
    pub fn pass(&mut self, time: Duration, mut look: impl FnMut(&mut Self)) {
        let end = self.now + time;
        while self.deadline < end {
            self.now = self.deadline.max(self.now);
            self.settle();
            look(self);
        }
        self.now = end;
        self.settle();
        look(self);
    }

    /// The central system accepts all that it is asked and told at this moment.
    pub fn converse(&mut self, central_system: &mut CentralSystem) {
        for _ in 0..CALLS_MAX {
            central_system.hear(&mut self.link);
            if !central_system.accept(&mut self.link) {
                return;
            }
            self.settle();
        }
        panic!("no end of calls at {} ms", self.now.as_millis());
    }
}
