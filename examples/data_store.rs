//! The data store without a charge point: records of the firmware's own, configuration keys and a journal of events, each
//! on any [`Storage`].
//!
//! `cargo run --example data_store`. The store knows no OCPP. What it wants from the device comes out as a [`StorageOp`], and
//! its state changes when the firmware tells that it is done: so it works under any driver, and a power cut in between
//! leaves nothing half done.

use embassy_futures::block_on;
use embedded_ocpp::store::record::{RecordReader, RecordWriter};
use embedded_ocpp::store::thinning::Role;
use embedded_ocpp::store::{Declaration, IntegerKey, Journal, Keys, RamStorage, Storage, StorageOp, registry};

/// The keys of the product. The numbers are those of their records and stay for ever.
const VOLUME: IntegerKey = IntegerKey::new(0, 50, 0, 100);
static KEYS: &[Declaration] = &[VOLUME.named("Volume")];

/// A record of the firmware's own: how often the relay has switched.
const SWITCHINGS: u16 = registry::FIRMWARE.start;

type Device = RamStorage<2048>;
type Failure = Box<dyn std::error::Error>;

pub(crate) fn main() -> Result<(), Failure> {
    let mut device = Device::new(); // in earnest a `FlashStorage`
    own_records(&mut device)?;
    keys(&mut device)?;
    journal(&mut device)?;
    println!("done: {} bytes on the device", device.used());
    Ok(())
}

/// A record has a format number and a checksum: one that is damaged, or another one, is not read.
fn own_records(device: &mut Device) -> Result<(), Failure> {
    let mut buffer = [0; 32];
    let mut record = RecordWriter::new(&mut buffer);
    record.unsigned(123_456);
    let len = record.finish(SWITCHINGS).ok_or("the buffer is too small")?;
    block_on(device.store(SWITCHINGS, &buffer[..len]))?;

    let len = block_on(device.load(SWITCHINGS, &mut buffer))?.ok_or("no such record")?;
    let switchings = RecordReader::open(SWITCHINGS, &buffer[..len]).and_then(|mut record| record.unsigned());
    assert_eq!(switchings, Some(123_456));
    assert!(RecordReader::open(SWITCHINGS + 1, &buffer[..len]).is_none(), "it is no other record");
    Ok(())
}

/// Keys check what they are set to; what has changed is stored when there is time for it. Keys may also be declared at run
/// time; here is no room for any. The room is lent to the very end, so it is not dropped.
fn keys(device: &mut Device) -> Result<(), Failure> {
    let mut buffer = [0; 64];
    let mut keys = Keys::new(KEYS);
    keys.set("volume", "80")?;
    assert!(keys.set("Volume", "101").is_err());
    while let Some(key) = keys.next_unsaved() {
        let op = keys.store(key, &mut buffer).ok_or("the buffer is too small")?;
        run(op, device, &mut buffer)?;
        keys.saved();
    }

    // The next boot.
    let mut keys = Keys::new(KEYS);
    let mut next = 0;
    while let Some(key) = keys.stored_from(next) {
        next = key.index() + 1;
        let number = keys.record(key).ok_or("a key without a record")?;
        if let Some(len) = block_on(device.load(number, &mut buffer))? {
            keys.load(key, &buffer[..len]);
        }
    }
    assert_eq!(keys.integer(&VOLUME), 80);
    Ok(())
}

/// Entries in their order, until each is released.
fn journal(device: &mut Device) -> Result<(), Failure> {
    let mut buffer = [0; 64];
    let mut journal = Journal::new();
    for event in ["door opened", "door closed"] {
        let number = journal.next();
        let mut record = RecordWriter::bare(&mut buffer);
        record.text(event);
        let len = record.finish_entry(number).ok_or("the buffer is too small")?;
        run(StorageOp::AppendEntry(number, len), device, &mut buffer)?;
        journal.appended();
    }
    assert_eq!(journal.len(), 2);

    let mut told = Vec::new();
    while let Some(number) = journal.first() {
        let len = block_on(device.load_entry(number, &mut buffer))?.ok_or("no such entry")?;
        let mut record = RecordReader::open_entry(number, &buffer[..len]).ok_or("damaged")?;
        told.push(record.text().ok_or("no text")?.to_owned());
        run(StorageOp::ReleaseEntry(number), device, &mut buffer)?;
        journal.released();
    }
    assert_eq!(told, ["door opened", "door closed"]);
    Ok(())
}

/// Does on the device what the store wants. The role of an entry matters only to a journal that is thinned out.
fn run(op: StorageOp, device: &mut Device, buffer: &mut [u8]) -> Result<(), Failure> {
    block_on(op.run(device, |_| Role::Stays, buffer))?;
    Ok(())
}
