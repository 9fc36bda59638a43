//! A storage device that holds anything. Behind a right checksum it comes as far as the decoders.
//!
//! Half of the inputs leave the journal alone: a transaction that a real charge point has put there while it was offline is then
//! still delivered.
#![no_main]

use arbitrary::Arbitrary;
use embedded_ocpp::ocpp16::Reason;
use embedded_ocpp::store::record::{RecordWriter, seal};
use embedded_ocpp::store::{RECORD_LEN_MAX, RecordKey, registry};
use embedded_ocpp::time::Duration;
use fuzz::bench::{self, Bench, Site};
use fuzz::central_system::CentralSystem;
use fuzz::device::Device;
use libfuzzer_sys::fuzz_target;
use std::ops::Range;
use std::sync::LazyLock;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    holds_a_transaction: bool,
    records: Vec<Record<'a>>,
}

#[derive(Arbitrary, Debug)]
struct Record<'a> {
    area: Area,
    index: u16,
    form: Form,
    content: &'a [u8],
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Area {
    System,
    Mark,
    Availability,
    Transaction,
    Configuration,
    Cache,
    TransactionData,
    Journal,
    LocalList,
    Reservations,
    ChargingProfiles,
    Update,
    Any,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Form {
    /// Just these bytes.
    Raw,
    /// A record with this content.
    Written,
    /// The same, in a format of its own.
    Sealed,
    /// What a real charge point has left, from some byte on replaced by this.
    Altered { from: u8 },
}

const ENERGY: &str = "Energy.Active.Import.Register";
/// What outlasts the boot goes out in its first minutes.
const A_WHILE: Duration = Duration::from_secs(300);

/// What a charge point leaves that was accepted, has lost its connection, charged, and lost its supply.
static UNSENT_TRANSACTION: LazyLock<Device> = LazyLock::new(|| {
    let (site, mut device) = (Site::default(), Device::default());
    bench::boot(&site, &mut device, |bench| {
        let mut central_system = CentralSystem::default();
        bench.charge_point.set_configuration("StopTxnSampledData", ENERGY).expect("a list");
        bench.charge_point.set_configuration("SampledDataSignReadings", "true").expect("a switch");
        bench.link.connect();
        bench.settle();
        bench.converse(&mut central_system);
        bench.charge_point.begin_transaction("KNOWN", 2).expect("a free connector");
        bench.settle();
        bench.converse(&mut central_system);
        bench.charge_point.end_transaction(None, Reason::Local, 2).expect("a session");
        bench.settle();
        bench.converse(&mut central_system);
        bench.link.cut();
        site.plugged[0].set(true);
        bench.charge_point.begin_transaction_authorized("UNSENT", 1).expect("a free connector");
        bench.pass(A_WHILE, |_| {});
        bench.charge_point.end_transaction(None, Reason::Local, 1).expect("a transaction");
        bench.settle();
        assert!(bench.charge_point.waiting_messages() >= 2);
    });
    device
});

fuzz_target!(|input: Input<'_>| {
    let mut device = if input.holds_a_transaction { UNSENT_TRANSACTION.clone() } else { Device::default() };
    for record in &input.records {
        let key = record.key();
        let Some(bytes) = record.bytes(key) else { continue };
        let is_of_journal = key == registry::JOURNAL_MARK || registry::JOURNAL.contains(&key);
        // A record that is too long is an error of the device, and nothing is done before all has been read.
        if !(input.holds_a_transaction && (is_of_journal || bytes.len() > RECORD_LEN_MAX)) {
            device.records.insert(key, bytes);
        }
    }
    let (site, mut central_system) = (Site::default(), CentralSystem::default());
    bench::boot(&site, &mut device, |bench| work(bench, &site, &mut central_system));
    if input.holds_a_transaction {
        let was_told = |action: &str, member: &str| {
            central_system.heard.iter().any(|call| call.action == action && call.payload.contains(member))
        };
        assert!(was_told("StartTransaction", r#""idTag":"UNSENT""#), "the start is lost");
        assert!(was_told("StopTransaction", r#""transactionId":42"#), "the end is lost");
    }
});

/// Offline, online, and once more a transaction.
fn work(bench: &mut Bench<'_>, site: &Site, central_system: &mut CentralSystem) {
    bench.pass(A_WHILE, |_| {});
    bench.link.connect();
    bench.settle();
    bench.converse(central_system);
    bench.pass(A_WHILE, |bench| bench.converse(central_system));
    site.plugged[1].set(true);
    let _ = bench.charge_point.begin_transaction("TAG", 2);
    bench.pass(A_WHILE, |bench| bench.converse(central_system));
    let _ = bench.charge_point.end_transaction(None, Reason::Local, 2);
    bench.pass(A_WHILE, |bench| bench.converse(central_system));
}

impl Record<'_> {
    fn key(&self) -> RecordKey {
        let of = |range: Range<RecordKey>| range.start + self.index % (range.end - range.start);
        match self.area {
            Area::System => registry::SYSTEM,
            Area::Mark => registry::JOURNAL_MARK,
            Area::Availability => registry::AVAILABILITY.start + self.index % 3,
            Area::Transaction => registry::TRANSACTION.start + self.index % 3,
            Area::Configuration => of(registry::CONFIGURATION),
            Area::Cache => registry::CACHE.start + self.index % 32,
            Area::TransactionData => registry::TRANSACTION_DATA.start + self.index % 3,
            Area::Journal => registry::JOURNAL.start + self.index % 64,
            Area::LocalList => registry::LOCAL_LIST.start + self.index % 8,
            Area::Reservations => registry::RESERVATIONS.start + self.index % 4,
            Area::ChargingProfiles => registry::CHARGING_PROFILES.start + self.index % 10,
            Area::Update => registry::FIRMWARE_UPDATE,
            Area::Any => self.index,
        }
    }

    fn bytes(&self, key: RecordKey) -> Option<Vec<u8>> {
        match self.form {
            Form::Raw => Some(self.content.to_vec()),
            Form::Written => {
                let mut buffer = [0; RECORD_LEN_MAX];
                let mut writer = RecordWriter::new(&mut buffer);
                writer.bytes(self.content);
                let len = writer.finish(key)?;
                Some(buffer[..len].to_vec())
            }
            Form::Sealed => {
                let mut record = [self.content, &[0, 0]].concat();
                seal(key, &mut record)?;
                Some(record)
            }
            Form::Altered { from } => {
                let mut record = UNSENT_TRANSACTION.records.get(&key)?.clone();
                record.iter_mut().skip(from.into()).zip(self.content).for_each(|(byte, other)| *byte = *other);
                seal(key, &mut record)?;
                Some(record)
            }
        }
    }
}
