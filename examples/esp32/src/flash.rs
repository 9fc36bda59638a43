//! The flash of the chip, which the charge point and the updates share: each has partitions of its own (`partitions.csv`).

use core::cell::RefCell;
use core::ops::Range;
use embassy_embedded_hal::flash::partition::BlockingPartition;
use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embedded_ocpp::store::FlashStorage;
use esp_bootloader_esp_idf::partitions::{PARTITION_TABLE_MAX_LEN, PartitionTable, read_partition_table};
use esp_hal::peripherals::FLASH;

/// The driver.
pub type Chip = esp_storage::FlashStorage<'static>;

/// One partition of it.
type Part<'f> = BlockingPartition<'f, NoopRawMutex, Chip>;

/// The chip, and where the charge point keeps what must survive.
pub struct Flash {
    chip: Mutex<NoopRawMutex, RefCell<Chip>>,
    settings: Range<u32>,
    journal: Range<u32>,
}

impl Flash {
    #[inline(never)] // so that 7 KiB for the table are no part of the frame of main, which stays for ever
    pub fn new(flash: FLASH<'static>) -> Self {
        let mut chip = Chip::new(flash);
        let mut bytes = [0; PARTITION_TABLE_MAX_LEN];
        let table = read_partition_table(&mut chip, &mut bytes).expect("flashed with a partition table");
        let (settings, journal) = (range(&table, "settings"), range(&table, "journal"));
        Self { chip: Mutex::new(RefCell::new(chip)), settings, journal }
    }

    /// What the charge point keeps.
    pub fn storage(&self) -> FlashStorage<Part<'_>> {
        let part = |range: &Range<u32>| (self.part(range), 0..range.end - range.start);
        FlashStorage::new_on_two(part(&self.settings), part(&self.journal)).expect("partitions are whole sectors")
    }

    /// Whoever uses the chip, uses it at once and to the end: nobody waits while they have it.
    pub fn with<R>(&self, action: impl FnOnce(&mut Chip) -> R) -> R {
        self.chip.lock(|chip| action(&mut chip.borrow_mut()))
    }

    fn part(&self, range: &Range<u32>) -> Part<'_> {
        BlockingPartition::new(&self.chip, range.start, range.end - range.start)
    }
}

fn range(table: &PartitionTable<'_>, name: &str) -> Range<u32> {
    let partition = table.iter().find(|partition| partition.label_as_str() == name).expect("as in partitions.csv");
    partition.offset()..partition.offset() + partition.len()
}
