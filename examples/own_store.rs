//! The configuration in a store of the firmware's own: its settings live in one place, next to those of OCPP.
//!
//! `cargo run --example own_store`. All that the crate remembers goes through [`Storage`], by numbers that never change. So a
//! few lines in front of the flash send the records of [`registry::CONFIGURATION`] elsewhere: to an EEPROM, a file system,
//! the settings of the operating system. Transactions stay on the flash, which knows best how to keep them.

#[path = "parts/bench.rs"]
mod bench;

use bench::Bench;
use core::ops::Range;
use embedded_ocpp::facade::ConnectorClosures;
use embedded_ocpp::store::thinning::Role;
use embedded_ocpp::store::{RamStorage, RamStorageFull, RecordKey, Storage, registry};
use embedded_ocpp::{Boot, ChargePoint, Resources};
use std::collections::BTreeMap;

/// The settings of the product, here in RAM. Some are the firmware's, those that OCPP brings have the numbers of its records.
#[derive(Default)]
struct Settings(BTreeMap<RecordKey, Vec<u8>>);

/// `settings` for the configuration keys, `rest` for everything else.
struct Split<'s, S> {
    settings: &'s mut Settings,
    rest: S,
}

impl<S: Storage<Error = RamStorageFull>> Storage for Split<'_, S> {
    type Error = RamStorageFull;

    async fn load(&mut self, key: RecordKey, buffer: &mut [u8]) -> Result<Option<usize>, RamStorageFull> {
        if !registry::CONFIGURATION.contains(&key) {
            return self.rest.load(key, buffer).await;
        }
        let Some(record) = self.settings.0.get(&key) else { return Ok(None) };
        buffer.get_mut(..record.len()).ok_or(RamStorageFull)?.copy_from_slice(record);
        Ok(Some(record.len()))
    }

    /// `Ok` is a promise: the answer to ChangeConfiguration leaves after it. A record is never longer than 512 bytes.
    async fn store(&mut self, key: RecordKey, record: &[u8]) -> Result<(), RamStorageFull> {
        if !registry::CONFIGURATION.contains(&key) {
            return self.rest.store(key, record).await;
        }
        self.settings.0.insert(key, record.to_vec());
        Ok(())
    }

    // The journal is handed through as a whole: a device such as `FlashStorage` has something better than records for it.

    async fn remove(&mut self, key: RecordKey) -> Result<(), RamStorageFull> {
        self.rest.remove(key).await // the configuration is never removed
    }

    async fn journal(&mut self) -> Result<Option<Range<u32>>, RamStorageFull> {
        self.rest.journal().await
    }

    async fn load_entry(&mut self, number: u32, buffer: &mut [u8]) -> Result<Option<usize>, RamStorageFull> {
        self.rest.load_entry(number, buffer).await
    }

    async fn append_entry(&mut self, number: u32, record: &[u8]) -> Result<(), RamStorageFull> {
        self.rest.append_entry(number, record).await
    }

    async fn release_entry(&mut self, number: u32) -> Result<(), RamStorageFull> {
        self.rest.release_entry(number).await
    }

    async fn thin(
        &mut self,
        entries: Range<u32>,
        role: fn(&[u8]) -> Role,
        buffer: &mut [u8],
    ) -> Result<u32, RamStorageFull> {
        self.rest.thin(entries, role, buffer).await
    }

    fn room(&self, len: usize) -> u32 {
        self.rest.room(len)
    }

    fn bytes_written(&self) -> u64 {
        self.rest.bytes_written()
    }
}

/// One boot of the charger, in which the central system says something.
fn boot(settings: &mut Settings, call: &str) -> Result<String, Box<dyn std::error::Error>> {
    let restart = |_| unreachable!("nobody asks for a reset here");
    let mut socket = ConnectorClosures::new();
    socket.set_energy_meter_input(&|| Some(0));
    let mut resources = Resources::<1>::new();
    let mut ocpp = ChargePoint::new(&mut resources, Boot::new("Wallbox One", "ACME"))?;
    ocpp.set_hardware(&socket, 1)?;
    ocpp.set_on_reset_execute(&restart);
    let mut storage = Split { settings, rest: RamStorage::<2048>::new() }; // in earnest a `FlashStorage`
    let mut bench = Bench::new();
    bench.ask(&mut ocpp, &mut storage, "");
    Ok(bench.ask(&mut ocpp, &mut storage, call))
}

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut settings = Settings::default();

    let change = r#"[2,"a","ChangeConfiguration",{"key":"ConnectionTimeOut","value":"90"}]"#;
    assert_eq!(boot(&mut settings, change)?, r#"[3,"a",{"status":"Accepted"}]"#);
    assert!(settings.0.keys().all(|key| registry::CONFIGURATION.contains(key)));
    assert!(!settings.0.is_empty(), "the key is in the store of the firmware");

    // The rest was in RAM and is gone; the configuration is not.
    let get = r#"[2,"b","GetConfiguration",{"key":["ConnectionTimeOut"]}]"#;
    let answer = boot(&mut settings, get)?;
    assert!(answer.contains(r#""value":"90""#), "{answer}");
    println!("done: {} settings", settings.0.len());
    Ok(())
}
