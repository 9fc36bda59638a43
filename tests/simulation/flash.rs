//! The flash: a device of whatever kind, with a supply that can be cut and moments in which it does not work.

use crate::nor_flash::{NorFlash, Nrf52};
use embedded_ocpp::store::thinning::Role;
use embedded_ocpp::store::{FlashStorage, RecordKey, Storage};
use std::cell::Cell;
use std::ops::Range;

/// `device`, on a supply that may go at any change of it.
pub(crate) struct Flash<'h, D> {
    device: D,
    has_power: &'h Cell<bool>,
    /// The power goes at the change after so many more.
    cut_after: Option<u32>,
    /// Whether that change is still made.
    cut_comes_late: bool,
    /// So many operations fail.
    failing: u32,
    /// Whether what fails to be written is written all the same.
    fails_late: bool,
    has_failed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FlashError;

impl<'h, D: Storage> Flash<'h, D> {
    pub(crate) fn new(device: D, has_power: &'h Cell<bool>) -> Self {
        Self {
            device,
            has_power,
            cut_after: None,
            cut_comes_late: false,
            failing: 0,
            fails_late: false,
            has_failed: false,
        }
    }

    pub(crate) fn cut_after(&mut self, changes: u32, comes_late: bool) {
        (self.cut_after, self.cut_comes_late) = (Some(changes), comes_late);
    }

    pub(crate) fn fail(&mut self, operations: u32, late: bool) {
        (self.failing, self.fails_late) = (operations, late);
    }

    pub(crate) fn calm_down(&mut self) {
        (self.failing, self.cut_after) = (0, None);
    }

    /// Whether an operation has failed since this was last asked.
    pub(crate) fn take_failed(&mut self) -> bool {
        std::mem::take(&mut self.has_failed)
    }

    fn fails(&mut self) -> bool {
        let fails = self.failing > 0 || !self.has_power.get();
        self.failing = self.failing.saturating_sub(1);
        self.has_failed |= fails;
        fails
    }

    /// Whether a change is made, and whether the firmware learns that it was.
    fn change(&mut self) -> (bool, bool) {
        if !self.has_power.get() {
            self.has_failed = true;
            return (false, false);
        }
        match &mut self.cut_after {
            Some(0) => {
                self.cut_after = None;
                self.has_power.set(false);
                self.has_failed = true;
                return (self.cut_comes_late, false);
            }
            Some(left) => *left -= 1,
            None => {}
        }
        let fails = self.fails();
        (!fails || self.fails_late, !fails)
    }
}

impl<D: Storage> Storage for Flash<'_, D> {
    type Error = FlashError;

    async fn load(&mut self, key: RecordKey, buffer: &mut [u8]) -> Result<Option<usize>, FlashError> {
        if self.fails() {
            buffer.fill(0xa5);
            return Err(FlashError);
        }
        self.device.load(key, buffer).await.map_err(|_| FlashError)
    }

    async fn store(&mut self, key: RecordKey, record: &[u8]) -> Result<(), FlashError> {
        let (is_made, is_told) = self.change();
        if is_made {
            self.device.store(key, record).await.map_err(|_| FlashError)?;
        }
        is_told.then_some(()).ok_or(FlashError)
    }

    async fn remove(&mut self, key: RecordKey) -> Result<(), FlashError> {
        let (is_made, is_told) = self.change();
        if is_made {
            self.device.remove(key).await.map_err(|_| FlashError)?;
        }
        is_told.then_some(()).ok_or(FlashError)
    }

    async fn journal(&mut self) -> Result<Option<Range<u32>>, FlashError> {
        if self.fails() {
            return Err(FlashError);
        }
        self.device.journal().await.map_err(|_| FlashError)
    }

    async fn load_entry(&mut self, number: u32, buffer: &mut [u8]) -> Result<Option<usize>, FlashError> {
        if self.fails() {
            buffer.fill(0xa5);
            return Err(FlashError);
        }
        self.device.load_entry(number, buffer).await.map_err(|_| FlashError)
    }

    async fn append_entry(&mut self, number: u32, record: &[u8]) -> Result<(), FlashError> {
        let (is_made, is_told) = self.change();
        if is_made {
            self.device.append_entry(number, record).await.map_err(|_| FlashError)?;
        }
        is_told.then_some(()).ok_or(FlashError)
    }

    async fn release_entry(&mut self, number: u32) -> Result<(), FlashError> {
        let (is_made, is_told) = self.change();
        if is_made {
            self.device.release_entry(number).await.map_err(|_| FlashError)?;
        }
        is_told.then_some(()).ok_or(FlashError)
    }

    async fn thin(
        &mut self,
        entries: Range<u32>,
        role: fn(&[u8]) -> Role,
        buffer: &mut [u8],
    ) -> Result<u32, FlashError> {
        if self.fails() {
            return Err(FlashError);
        }
        self.device.thin(entries, role, buffer).await.map_err(|_| FlashError)
    }

    fn room(&self, len: usize) -> u32 {
        self.device.room(len)
    }

    fn bytes_written(&self) -> u64 {
        self.device.bytes_written()
    }
}

/// The flash of an nRF52.
pub(crate) type Records = FlashStorage<NorFlash<'static, Nrf52>>;

const SETTINGS: u32 = 4 * 4096;
const JOURNAL: u32 = 8 * 4096;

pub(crate) fn blank() -> Records {
    on(NorFlash::erased(12))
}

impl Flash<'_, Records> {
    /// A boot knows only what lies on the chip.
    pub(crate) fn boot(&mut self) {
        let device = std::mem::replace(&mut self.device, blank());
        self.device = on(device.into_inner());
    }
}

fn on(chip: NorFlash<'static, Nrf52>) -> Records {
    FlashStorage::new(chip, 0..SETTINGS, SETTINGS..SETTINGS + JOURNAL).expect("whole pages")
}
