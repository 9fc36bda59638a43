//! The flash of an nRF52 with the storage of the crate on it, on a supply that can be cut, and moments in which nothing works.

use crate::chance::Chance;
use crate::hardware::Hardware;
use crate::nor_flash::{Cut, FlashError as ChipError, HalfErased, NorFlash, Nrf52, Tear};
use embedded_ocpp::store::thinning::Role;
use embedded_ocpp::store::{FlashStorage, RecordKey, Storage, registry};
use embedded_storage::nor_flash::{ErrorType, NorFlash as Writable, ReadNorFlash};
use std::fmt::Debug;
use std::ops::Range;

const SETTINGS: u32 = 4 * PAGE + SIGNED_VALUES;
const JOURNAL: u32 = 8 * PAGE + 20 * SIGNED_VALUES;
const PAGE: u32 = 4096;
/// What signed values want beside, on their way and in the journal.
const SIGNED_VALUES: u32 = if cfg!(feature = "signed-meter-values") { 4 * PAGE } else { 0 };

type Records<'h> = FlashStorage<Chip<'h>>;

pub(crate) struct Flash<'h> {
    device: Records<'h>,
    hardware: &'h Hardware,
    /// The power goes at the change after so many more.
    cut_after: Option<u32>,
    /// Whether that change is still made.
    cut_comes_late: bool,
    /// So many operations fail.
    failing: u32,
    /// Whether what fails to be written is written all the same.
    fails_late: bool,
    /// So many operations have failed in a row.
    failed: u32,
    has_failed: bool,
    has_counted_boot: bool,
    has_dated_boot: bool,
    is_crowded: bool,
}

/// What an entry without data takes at most.
const RECORD_LEN: usize = 56;
/// With room for less, samples may be left out or thinned (MSG-15).
const CROWDED: u32 = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FlashError;

impl<'h> Flash<'h> {
    pub(crate) fn blank(hardware: &'h Hardware) -> Self {
        Self {
            device: Chip::blank(hardware).into_records(),
            hardware,
            cut_after: None,
            cut_comes_late: false,
            failing: 0,
            fails_late: false,
            failed: 0,
            has_failed: false,
            has_counted_boot: false,
            has_dated_boot: false,
            is_crowded: false,
        }
    }

    /// A boot knows only what lies on the chip.
    pub(crate) fn boot(&mut self) {
        let device = std::mem::replace(&mut self.device, Chip::blank(self.hardware).into_records());
        let (mut chip, _) = device.into_inner();
        chip.flash.restore();
        self.device = chip.into_records();
        (self.failed, self.has_failed, self.has_counted_boot, self.has_dated_boot) = (0, false, false, false);
    }

    pub(crate) fn cut_after(&mut self, changes: u32, comes_late: bool) {
        (self.cut_after, self.cut_comes_late) = (Some(changes), comes_late);
    }

    pub(crate) fn fail(&mut self, operations: u32, late: bool) {
        (self.failing, self.fails_late) = (operations, late);
    }

    pub(crate) fn calm_down(&mut self) {
        (self.failing, self.cut_after) = (0, None);
        self.hardware.chip_cut.set(None);
    }

    /// Whether an operation has failed since this was last asked.
    pub(crate) fn take_failed(&mut self) -> bool {
        std::mem::take(&mut self.has_failed)
    }

    /// Whether it has failed so often that answers do not wait for it any more.
    pub(crate) fn is_given_up(&self) -> bool {
        self.failed >= 3
    }

    /// Whether the boot was counted since this was last asked.
    pub(crate) fn take_counted_boot(&mut self) -> bool {
        std::mem::take(&mut self.has_counted_boot)
    }

    /// Whether its date was appended to the journal since this was last asked.
    pub(crate) fn take_dated_boot(&mut self) -> bool {
        std::mem::take(&mut self.has_dated_boot)
    }

    /// Whether there was too little room for samples since this was last asked.
    pub(crate) fn take_crowded(&mut self) -> bool {
        std::mem::take(&mut self.is_crowded)
    }

    fn works(&mut self) -> bool {
        let works = self.failing == 0 && self.hardware.has_power.get();
        self.failing = self.failing.saturating_sub(1);
        works
    }

    /// Whether a change is made, and whether the firmware learns that it was.
    fn change(&mut self) -> (bool, bool) {
        if !self.hardware.has_power.get() {
            return (false, false);
        }
        match &mut self.cut_after {
            Some(0) => {
                self.cut_after = None;
                self.hardware.has_power.set(false);
                return (self.cut_comes_late, false);
            }
            Some(left) => *left -= 1,
            None => {}
        }
        let works = self.works();
        (works || self.fails_late, works)
    }

    /// What the firmware learns of an operation.
    fn tell<T, E: Debug>(&mut self, is_told: bool, done: Option<Result<T, E>>) -> Result<T, FlashError> {
        let done = done.and_then(|done| match done {
            Ok(done) => Some(done),
            Err(error) => {
                assert!(!self.hardware.has_power.get(), "MSG-05: the storage fails on a chip that works: {error:?}");
                None
            }
        });
        self.is_crowded |= self.device.room(RECORD_LEN) < CROWDED;
        let told = done.filter(|_| is_told).ok_or(FlashError);
        self.failed = if told.is_ok() { 0 } else { self.failed + 1 };
        self.has_failed |= told.is_err();
        told
    }
}

impl Storage for Flash<'_> {
    type Error = FlashError;

    async fn load(&mut self, key: RecordKey, buffer: &mut [u8]) -> Result<Option<usize>, FlashError> {
        if !self.works() {
            buffer.fill(0xa5);
            return self.tell(false, None::<Result<_, FlashError>>);
        }
        let done = self.device.load(key, buffer).await;
        self.tell(true, Some(done))
    }

    async fn store(&mut self, key: RecordKey, record: &[u8]) -> Result<(), FlashError> {
        let (is_made, is_told) = self.change();
        let done = if is_made { Some(self.device.store(key, record).await) } else { None };
        let told = self.tell(is_told, done);
        self.has_counted_boot |= key == registry::SYSTEM && told.is_ok();
        told
    }

    async fn remove(&mut self, key: RecordKey) -> Result<(), FlashError> {
        let (is_made, is_told) = self.change();
        let done = if is_made { Some(self.device.remove(key).await) } else { None };
        self.tell(is_told, done)
    }

    async fn journal(&mut self) -> Result<Option<Range<u32>>, FlashError> {
        let works = self.works();
        let done = if works { Some(self.device.journal().await) } else { None };
        self.tell(works, done)
    }

    async fn load_entry(&mut self, number: u32, buffer: &mut [u8]) -> Result<Option<usize>, FlashError> {
        if !self.works() {
            buffer.fill(0xa5);
            return self.tell(false, None::<Result<_, FlashError>>);
        }
        let done = self.device.load_entry(number, buffer).await;
        self.tell(true, Some(done))
    }

    async fn append_entry(&mut self, number: u32, record: &[u8]) -> Result<(), FlashError> {
        let (is_made, is_told) = self.change();
        let done = if is_made { Some(self.device.append_entry(number, record).await) } else { None };
        let told = self.tell(is_told, done);
        // An entry of this kind is no message, and one of format 2 a piece of one.
        let is_date = record.first().is_some_and(|first| first >> 2 & 3 == 0 && first >> 4 != 2);
        self.has_dated_boot |= is_date && told.is_ok();
        told
    }

    async fn release_entry(&mut self, number: u32) -> Result<(), FlashError> {
        let (is_made, is_told) = self.change();
        let done = if is_made { Some(self.device.release_entry(number).await) } else { None };
        self.tell(is_told, done)
    }

    async fn thin(
        &mut self,
        entries: Range<u32>,
        role: fn(&[u8]) -> Role,
        buffer: &mut [u8],
    ) -> Result<u32, FlashError> {
        let works = self.works();
        let done = if works { Some(self.device.thin(entries, role, buffer).await) } else { None };
        self.tell(works, done)
    }

    fn room(&self, len: usize) -> u32 {
        self.device.room(len)
    }

    fn bytes_written(&self) -> u64 {
        self.device.bytes_written()
    }
}

// ---- The chip ----

/// The chip itself, whose power may go in the middle of an operation.
pub(crate) struct Chip<'h> {
    flash: NorFlash<'static, Nrf52>,
    hardware: &'h Hardware,
}

/// A power cut that comes in the middle of an operation of the chip.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChipCut {
    /// In the operation after so many more.
    pub(crate) after: u64,
    /// Only erases are counted.
    pub(crate) is_of_erase: bool,
    /// Chooses where it comes and what it leaves.
    pub(crate) seed: u64,
}

impl<'h> Chip<'h> {
    fn blank(hardware: &'h Hardware) -> Self {
        Self { flash: NorFlash::erased((SETTINGS + JOURNAL) as usize / Self::ERASE_SIZE), hardware }
    }

    fn into_records(self) -> Records<'h> {
        FlashStorage::new(self, 0..SETTINGS, SETTINGS..SETTINGS + JOURNAL).expect("whole pages")
    }

    fn begin(&mut self, is_erase: bool, cut: impl FnOnce(&mut Chance) -> Cut) {
        let Some(planned) = self.hardware.chip_cut.get().filter(|cut| is_erase || !cut.is_of_erase) else { return };
        let next = planned.after.checked_sub(1).map(|after| ChipCut { after, ..planned });
        self.hardware.chip_cut.set(next);
        if next.is_none() {
            self.hardware.has_power.set(false);
            self.flash.cut_after(0, cut(&mut Chance(planned.seed)));
        }
    }
}

impl ErrorType for Chip<'_> {
    type Error = ChipError;
}

impl ReadNorFlash for Chip<'_> {
    const READ_SIZE: usize = <NorFlash<'static, Nrf52> as ReadNorFlash>::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), ChipError> {
        self.flash.read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl Writable for Chip<'_> {
    const WRITE_SIZE: usize = <NorFlash<'static, Nrf52> as Writable>::WRITE_SIZE;
    const ERASE_SIZE: usize = <NorFlash<'static, Nrf52> as Writable>::ERASE_SIZE;

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), ChipError> {
        self.begin(false, |chance| Cut::Write {
            after: chance.below(bytes.len() as u64 + 1) as usize,
            word: chance.clone().of(&[Tear::Nothing, Tear::Prefix, Tear::Bits(chance.next())]),
        });
        self.flash.write(offset, bytes)
    }

    fn erase(&mut self, from: u32, to: u32) -> Result<(), ChipError> {
        self.begin(true, |chance| {
            let some = HalfErased::Words(chance.next());
            Cut::Erase(chance.of(&[HalfErased::Nothing, HalfErased::FirstHalf, some, HalfErased::All]))
        });
        self.flash.erase(from, to)
    }
}
