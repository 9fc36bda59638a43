//! What updates and diagnostics have in common: a file goes over the network by the hands of the firmware, and the central
//! system is told how far it is (OCPP 1.6 §4.4, §4.5).
//!
//! The request lies in a record, not in RAM, for a location may be long: it is written before the request is answered, and
//! read again for each try.

use super::answer::Cause;
use super::common::Common;
use super::diagnostics::{Diagnostics, FileName};
use super::firmware::Firmware;
#[cfg(feature = "security")]
use super::log_upload::Log;
use super::shelf::{RecordChange, Shelf};
use super::transfer_reports::Reports;
use super::transfer_request::TransferRequest;
use super::{DiagnosticsStatus, FirmwareStatus, Station, diagnostics, firmware, keys};
use crate::json::{Field, Payload, Value};
use crate::rpc::{Composer, Reply};
use crate::station::core_profile::Core;
use crate::store::{RecordKey, Scratch, StorageOp, registry};
use crate::time::{Duration, Instant};
use crate::types::Symbol;

/// What the firmware says of a download or an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum TransferStatus {
    /// It goes on; ask again.
    Running,
    /// The file is whole where it belongs.
    Done,
    /// It is given up; there may be another try.
    Failed,
}

/// What the firmware can load files over (OCPP 1.6 §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum FileTransferProtocol {
    /// FTP
    Ftp,
    /// FTP over TLS
    Ftps,
    /// HTTP
    Http,
    /// HTTP over TLS
    Https,
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Of a firmware.
    Download,
    /// Of diagnostics.
    Upload,
    /// Of a log (security whitepaper).
    #[cfg(feature = "security")]
    Log,
}

/// Where it stands. A download goes further than an upload: the firmware is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Idle,
    /// The record of a request is being written.
    Asked,
    /// What the record says is to be taken over.
    Reading,
    /// Waits for its date.
    Waiting,
    /// Has failed, and waits for the next try.
    Retrying,
    /// The location is being read.
    Loading,
    Running,
    /// The signature of what was loaded is being verified.
    #[allow(dead_code)] // where updates are signed
    Verifying,
    /// Waits for the date of its installation.
    #[allow(dead_code)]
    Scheduled,
    /// Waits for the end of all sessions.
    Downloaded,
    /// The central system is being told about the installation.
    Announced,
    /// What is to be known after the reboot is being written.
    Storing,
    /// It is durable.
    Stored,
    Installing,
}

/// All of them.
pub(crate) struct Transfers<'a> {
    pub(super) firmware: Firmware<'a>,
    pub(super) diagnostics: Diagnostics<'a>,
    #[cfg(feature = "security")]
    pub(super) log: Log<'a>,
}

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

pub(super) struct Transfer<'a> {
    /// Without it a transfer is done when the output returns that begins it.
    pub(super) status: Option<&'a dyn Fn() -> TransferStatus>,
    /// What is waited for: seconds since 1970, or of the monotonic clock when a try has failed.
    pub(crate) at: u32,
    /// Seconds between two tries.
    interval: u32,
    pub(super) reports: Reports,
    retries_left: u16,
    pub(super) stage: Stage,
    /// The record does not tell what holds.
    pub(super) unsaved: bool,
}

/// Between two questions to the firmware how far it is.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(10);

impl Transfers<'_> {
    pub(super) const fn new() -> Self {
        Self {
            firmware: Firmware::new(),
            diagnostics: Diagnostics::new(),
            #[cfg(feature = "security")]
            log: Log::new(),
        }
    }
}

impl Transfer<'_> {
    pub(super) const fn new() -> Self {
        Self {
            status: None,
            at: 0,
            interval: 0,
            reports: Reports::new(),
            retries_left: 0,
            stage: Stage::Idle,
            unsaved: false,
        }
    }

    /// The record of a request is about to be written.
    pub(super) fn begin(&mut self) {
        self.stage = Stage::Asked;
        self.unsaved = false;
    }

    /// Takes over a request; nothing of an earlier one is left.
    pub(super) fn adopt(&mut self, request: &TransferRequest<'_>, not_before: u32) {
        self.at = not_before;
        self.interval = request.interval;
        self.retries_left = request.retries;
        self.stage = Stage::Waiting;
        self.unsaved = false;
    }
}

impl Direction {
    pub(super) const ALL: &'static [Self] = &[
        Self::Download,
        Self::Upload,
        #[cfg(feature = "security")]
        Self::Log,
    ];

    pub(super) fn key(self) -> RecordKey {
        match self {
            Self::Download => registry::FIRMWARE_UPDATE,
            Self::Upload => registry::DIAGNOSTICS,
            #[cfg(feature = "security")]
            Self::Log => registry::LOG_UPLOAD,
        }
    }

    /// The statuses of a try: begun, done, failed.
    fn statuses(self) -> [u8; 3] {
        use DiagnosticsStatus::{UploadFailed, Uploaded, Uploading};
        use FirmwareStatus::{DownloadFailed, Downloaded, Downloading};
        match self {
            Self::Download => [Downloading.code(), Downloaded.code(), DownloadFailed.code()],
            Self::Upload => [Uploading.code(), Uploaded.code(), UploadFailed.code()],
            #[cfg(feature = "security")]
            Self::Log => {
                use super::LogStatus::{UploadFailure, Uploaded, Uploading};
                [Uploading.code(), Uploaded.code(), UploadFailure.code()]
            }
        }
    }
}

impl<'a> Transfers<'a> {
    /// Whether there is anything of the profile FirmwareManagement.
    pub(super) fn manages_firmware(&self) -> bool {
        self.can_update() || self.can_upload()
    }

    /// The profile is there when the firmware does some of it.
    pub(super) fn announce_firmware_management(&self, common: &mut Common<'_>) {
        let is_there = self.manages_firmware();
        common.keys.set_member(&keys::SUPPORTED_FEATURE_PROFILES, keys::FIRMWARE_MANAGEMENT, is_there);
    }

    pub(super) fn transfer(&mut self, direction: Direction) -> &mut Transfer<'a> {
        match direction {
            Direction::Download => &mut self.firmware.transfer,
            Direction::Upload => &mut self.diagnostics.transfer,
            #[cfg(feature = "security")]
            Direction::Log => &mut self.log.transfer,
        }
    }

    /// Answers UpdateFirmware or GetDiagnostics when the record of the request is written.
    #[inline(never)]
    pub(crate) fn transfer_request(
        &mut self,
        common: &mut Common<'_>,
        direction: Direction,
        payload: Payload<'_>,
        answer: &mut Composer<'_>,
        scratch: &mut Scratch<'_>,
    ) -> Result<Reply, Cause> {
        let mut file_name = None;
        if self.transfer(direction).stage == Stage::Asked {
            let Some(result) = common.persistence.held_call.result() else { return Ok(Reply::Held) };
            self.request_stored(common, direction, result.is_ok());
            result.map_err(|_| Cause::DeviceFailed)?;
            if direction == Direction::Upload {
                file_name = Some(self.diagnostics.file_name);
            }
        } else {
            let mut values = [Value::Absent; 5];
            let fields: &[Field] = match direction {
                Direction::Download => {
                    self.may_update()?;
                    self.may_update_unsigned()?;
                    &firmware::REQUEST_FIELDS
                }
                Direction::Upload if self.manages_firmware() => &diagnostics::REQUEST_FIELDS,
                _ => return Err(Cause::NotSupported),
            };
            payload.read_into(fields, &mut values)?;
            let record = scratch.blank();
            let len = TransferRequest::write(record, direction.key(), &values, None)?;
            if direction == Direction::Download || self.name_file(record.get(..len).unwrap_or_default()) {
                self.transfer(direction).begin();
                common.persistence.held_call.ask(StorageOp::Store(direction.key(), len));
                return Ok(Reply::Held);
            }
        }
        answer.payload(&FileName(file_name))?;
        Ok(Reply::Now)
    }

    /// The record of a request is written, or may be. An update is what the record says; diagnostics that nobody knows of any
    /// more are not uploaded.
    pub(super) fn request_stored(&mut self, common: &mut Common<'_>, direction: Direction, is_stored: bool) {
        if is_stored || direction == Direction::Download {
            self.transfer(direction).stage = Stage::Reading;
            common.persistence.has_chores = true;
        } else {
            self.end_transfer(common, direction);
        }
    }

    /// The link came up or went down.
    pub(super) fn transfers_link(&mut self, common: &mut Common<'_>, online: bool) {
        for direction in Direction::ALL {
            let direction = *direction;
            let transfer = self.transfer(direction);
            transfer.reports.link(online);
            if transfer.stage == Stage::Asked {
                self.request_stored(common, direction, false);
            }
        }
    }

    /// Whether there is anything to move on.
    fn has_transfers(&self) -> bool {
        let is_idle = |transfer: &Transfer<'_>| transfer.stage == Stage::Idle;
        #[cfg(feature = "security")]
        if !is_idle(&self.log.transfer) {
            return true;
        }
        !is_idle(&self.firmware.transfer) || !is_idle(&self.diagnostics.transfer) || self.firmware.closes_connectors
    }

    /// Moves a transfer on as far as its conditions allow.
    #[inline(never)]
    pub(super) fn advance_transfer(&mut self, common: &mut Common<'_>, now: Instant, direction: Direction) {
        let transfer = self.transfer(direction);
        let at = transfer.at;
        let due = match transfer.stage {
            Stage::Running => return self.advance_running(common, now, direction),
            Stage::Retrying => Instant::from_secs(at.into()),
            Stage::Waiting if at == 0 => now,
            Stage::Waiting => match common.clock.date(now) {
                Some(date) => now + Duration::from_secs(at.saturating_sub(date.as_unix())),
                None => return,
            },
            _ => return,
        };
        if due > now {
            common.wake_at(due);
        } else if common.online {
            // Without a link a try would be in vain.
            self.transfer(direction).stage = Stage::Loading;
            common.persistence.has_chores = true;
        }
    }

    fn advance_running(&mut self, common: &mut Common<'_>, now: Instant, direction: Direction) {
        #[cfg(feature = "security")]
        if direction == Direction::Log {
            return self.advance_log(common, now);
        }
        let [_, done, _] = direction.statuses();
        let transfer = self.transfer(direction);
        match transfer.status.map_or(TransferStatus::Done, |status| status()) {
            TransferStatus::Running => common.wake_at(now + POLL_INTERVAL),
            TransferStatus::Failed => self.transfer_failed(common, now, direction),
            TransferStatus::Done => {
                transfer.reports.push(done);
                match direction {
                    Direction::Download => {
                        transfer.at = seconds_after(now, firmware::ANNOUNCEMENT_S);
                        self.firmware.transfer.stage = self.stage_after_download();
                    }
                    _ => self.end_transfer(common, direction),
                }
            }
        }
    }

    pub(super) fn transfer_failed(&mut self, common: &mut Common<'_>, now: Instant, direction: Direction) {
        let [_, _, failed] = direction.statuses();
        let transfer = self.transfer(direction);
        transfer.reports.push(failed);
        if let Some(left) = transfer.retries_left.checked_sub(1) {
            transfer.retries_left = left;
            transfer.at = seconds_after(now, transfer.interval);
            transfer.stage = Stage::Retrying;
            common.look_again();
        } else {
            self.end_transfer(common, direction);
        }
    }

    pub(super) fn end_transfer(&mut self, common: &mut Common<'_>, direction: Direction) {
        let transfer = self.transfer(direction);
        transfer.stage = Stage::Idle;
        transfer.unsaved = true;
        common.persistence.has_chores = true;
        common.look_again();
    }

    /// A record that is to be read, for a request or for a try.
    pub(super) fn transfer_to_load(&mut self, direction: Direction) -> Option<StorageOp> {
        match self.transfer(direction).stage {
            Stage::Reading | Stage::Loading => Some(StorageOp::Load(direction.key())),
            #[cfg(feature = "security")]
            Stage::Running if direction == Direction::Log => self.log_entry_op(),
            _ => None,
        }
    }

    fn change_transfer(&mut self, common: &Common<'_>, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        match Direction::ALL.iter().find(|direction| self.transfer(**direction).unsaved)? {
            Direction::Download => self.change_firmware(common, scratch),
            direction => Some(RecordChange::remove(direction.key())),
        }
    }

    /// The device fails to read the location: that is a try that has failed.
    pub(super) fn transfer_unreadable(&mut self, common: &mut Common<'_>, now: Instant, direction: Direction) {
        if self.transfer(direction).stage == Stage::Loading {
            self.transfer_failed(common, now, direction);
        }
    }
}

impl Transfers<'_> {
    /// The record is written or removed.
    fn transfer_stored(&mut self, common: &mut Common<'_>, direction: Direction) {
        let transfer = self.transfer(direction);
        transfer.unsaved = false;
        if transfer.stage == Stage::Storing {
            transfer.stage = Stage::Stored;
            common.look_again();
        }
    }
}

impl Station<'_> {
    /// Moves on what is under way.
    pub(super) fn advance_transfers(&mut self, now: Instant) {
        if self.transfers.has_transfers() {
            self.advance_firmware(now);
            self.transfers.advance_transfer(&mut self.core.common, now, Direction::Upload);
            #[cfg(feature = "security")]
            self.transfers.advance_transfer(&mut self.core.common, now, Direction::Log);
        }
    }

    /// The record is loaded, if there is one that can be.
    pub(super) fn transfer_loaded(&mut self, now: Instant, direction: Direction, record: Option<&[u8]>) {
        #[cfg(feature = "security")]
        if direction == Direction::Log && self.transfers.log.transfer.stage == Stage::Running {
            return self.log_entry_loaded(now, record);
        }
        let request = record.and_then(|record| TransferRequest::read(direction.key(), record));
        let transfer = self.transfers.transfer(direction);
        match (request, transfer.stage) {
            (Some(request), Stage::Reading) => {
                let is_download = direction == Direction::Download;
                transfer.adopt(&request, if is_download { request.from } else { 0 });
                if is_download {
                    self.transfers.firmware.signed.adopt(request.id, request.to);
                    self.transfers.signed_update_adopted(&self.core.common, now, request.from);
                }
            }
            (None, Stage::Reading) => self.transfers.end_transfer(&mut self.core.common, direction),
            (Some(request), Stage::Loading) => {
                let [begun, ..] = direction.statuses();
                transfer.stage = Stage::Running;
                transfer.reports.push(begun);
                match direction {
                    Direction::Download => self.transfers.download(&request),
                    Direction::Upload => self.transfers.upload(&request),
                    #[cfg(feature = "security")]
                    Direction::Log => self.upload_log(&request),
                }
            }
            (None, Stage::Loading) => self.transfers.transfer_failed(&mut self.core.common, now, direction),
            _ => {}
        }
    }
}

/// The second of the monotonic clock that is this many after `now`, never too early.
pub(super) fn seconds_after(now: Instant, seconds: u32) -> u32 {
    (now + Duration::from_millis(999)).as_secs().saturating_add(seconds)
}
