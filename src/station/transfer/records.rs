//! What is kept of a transfer beside the request, and when.
//!
//! Until the installation begins the record is the request: whatever a reboot interrupts begins anew. Then it is what must
//! be known after the reboot: the version that was replaced, and what the central system has not been told.

use super::Transfers;
use super::direction::Direction;
use super::progress::TransferStage;
use super::request::TransferRequest;
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::station::device::shelf::{RecordChange, Shelf};
use crate::store::record::{RecordReader, RecordWriter};
use crate::store::{RecordKey, Scratch, registry};
use crate::types::{FirmwareStatus, Symbol};

/// The first byte of a record that is no [request](TransferRequest).
const INSTALLING: u8 = 1;
const OVER: u8 = 2;

/// The record of an update is read at boot; diagnostics that nobody knows of any more are not uploaded.
impl Shelf for Transfers<'_> {
    fn find(&self, _: &Core<'_>, index: u16) -> Option<(u16, RecordKey)> {
        Some((index, registry::FIRMWARE_UPDATE)).filter(|_| index == 0)
    }

    fn load(&mut self, core: &mut Core<'_>, _: u16, _: RecordKey, record: &[u8]) {
        _ = self.load_firmware(&mut core.common, record);
    }

    fn change(&mut self, core: &mut Core<'_>, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        self.change_transfer(&core.common, scratch)
    }

    fn changed(&mut self, core: &mut Core<'_>, record: RecordKey) {
        if let Some(direction) = Direction::ALL.iter().find(|direction| direction.key() == record) {
            self.transfer_stored(&mut core.common, *direction);
        }
    }
}

impl Transfers<'_> {
    fn change_transfer(&mut self, common: &Common<'_>, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        match Direction::ALL.iter().find(|direction| self.transfer(**direction).unsaved)? {
            Direction::Download => self.change_firmware(common, scratch),
            direction => Some(RecordChange::remove(direction.key())),
        }
    }

    fn change_firmware(&self, common: &Common<'_>, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        let transfer = &self.firmware.transfer;
        let untold = transfer.reports.untold();
        let is_over = transfer.stage == TransferStage::Idle;
        if is_over && untold == 0 {
            return Some(RecordChange::remove(registry::FIRMWARE_UPDATE));
        }
        let mut writer = RecordWriter::new(scratch.blank());
        writer.byte(if is_over { OVER } else { INSTALLING });
        writer.unsigned(untold.into());
        writer.text(common.boot.version().unwrap_or_default());
        if let Some(id) = self.firmware.signed.request_id() {
            writer.signed(id.into());
        }
        RecordChange::store(registry::FIRMWARE_UPDATE, writer)
    }

    /// The record is written or removed.
    fn transfer_stored(&mut self, common: &mut Common<'_>, direction: Direction) {
        let transfer = self.transfer(direction);
        transfer.unsaved = false;
        if transfer.stage == TransferStage::Storing {
            transfer.stage = TransferStage::Stored;
            common.agenda.look_again();
        }
    }

    /// The record of the update is loaded after the boot.
    fn load_firmware(&mut self, common: &mut Common<'_>, record: &[u8]) -> Option<()> {
        if let Some(request) = TransferRequest::read(registry::FIRMWARE_UPDATE, record) {
            if self.firmware.can_update() {
                self.firmware.transfer.adopt(&request, request.from);
                self.firmware.signed.adopt(request.id, request.to);
            }
            return None;
        }
        let mut reader = RecordReader::open(registry::FIRMWARE_UPDATE, record)?;
        let kind = reader.byte()?;
        let untold = reader.u32()?;
        let version = reader.text()?;
        let signed = &mut self.firmware.signed;
        signed.adopt(reader.signed().and_then(|id| i32::try_from(id).ok()), 0);
        let statuses = signed.statuses();
        let reports = &mut self.firmware.transfer.reports;
        reports.restore(untold, statuses);
        if kind == INSTALLING {
            let is_replaced = common.boot.version() != Some(version); // FW-06
            let status = if is_replaced { FirmwareStatus::Installed } else { FirmwareStatus::InstallationFailed };
            reports.push(status.code());
            if is_replaced {
                self.firmware.is_new = true;
            }
            self.end_transfer(common, Direction::Download);
        }
        Some(())
    }
}
