//! How far a download or an upload is.

use super::reports::Reports;
use super::request::TransferRequest;
use crate::time::{Duration, Instant};

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

/// Where it stands. A download goes further than an upload: the firmware is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TransferStage {
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

pub(super) struct Transfer<'a> {
    /// Without it a transfer is done when the output returns that begins it.
    pub(super) status: Option<&'a dyn Fn() -> TransferStatus>,
    /// What is waited for: seconds since 1970, or of the monotonic clock when a try has failed.
    pub(super) at: u32,
    /// Seconds between two tries.
    pub(super) interval: u32,
    pub(super) reports: Reports,
    pub(super) retries_left: u16,
    pub(super) stage: TransferStage,
    /// The record does not tell what holds.
    pub(super) unsaved: bool,
}

/// Between two questions to the firmware how far it is.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(10);

impl Transfer<'_> {
    pub(super) const fn new() -> Self {
        Self {
            status: None,
            at: 0,
            interval: 0,
            reports: Reports::new(),
            retries_left: 0,
            stage: TransferStage::Idle,
            unsaved: false,
        }
    }

    /// The record of a request is about to be written.
    pub(super) fn begin(&mut self) {
        self.stage = TransferStage::Asked;
        self.unsaved = false;
    }

    /// Takes over a request; nothing of an earlier one is left.
    pub(super) fn adopt(&mut self, request: &TransferRequest<'_>, not_before: u32) {
        self.at = not_before;
        self.interval = request.interval;
        self.retries_left = request.retries;
        self.stage = TransferStage::Waiting;
        self.unsaved = false;
    }
}

/// The second of the monotonic clock that is this many after `now`, never too early.
pub(super) fn seconds_after(now: Instant, seconds: u32) -> u32 {
    (now + Duration::from_millis(999)).as_secs().saturating_add(seconds)
}
