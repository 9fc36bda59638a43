//! What loads firmware and diagnostics, and installs: it outlives every boot, and knows what has happened. Whatever the
//! central system is told of it is that, and in that order.

use crate::chance::Chance;
use embedded_ocpp::ocpp16::{InstallationStatus, TransferStatus};
use std::cell::{Cell, RefCell};

/// After a boot as many may be told again, as nobody knows whether they were heard.
const REPORTS_MAX: usize = 8;

pub(crate) struct Loader {
    chance: RefCell<Chance>,
    /// It does not tell how far an installation is, which ends with a boot.
    installs_by_boot: bool,
    version: Cell<u32>,
    download: Job,
    installation: Job,
    upload: Job,
    pub(crate) firmware: History,
    pub(crate) diagnostics: History,
}

/// Something that takes a while, measured in questions how far it is.
#[derive(Default)]
struct Job {
    runs: Cell<bool>,
    questions_left: Cell<u64>,
    succeeds: Cell<bool>,
}

/// What has happened, and how much of it was told.
#[derive(Debug, Default)]
pub(crate) struct History {
    happened: RefCell<Vec<&'static str>>,
    /// The last that was told is not before this one.
    told: Cell<usize>,
}

impl Loader {
    pub(crate) fn new(mut chance: Chance) -> Self {
        Self {
            installs_by_boot: chance.once_in(2),
            chance: RefCell::new(chance),
            version: Cell::new(1),
            download: Job::default(),
            installation: Job::default(),
            upload: Job::default(),
            firmware: History::default(),
            diagnostics: History::default(),
        }
    }

    pub(crate) fn version(&self) -> String {
        format!("1.{}", self.version.get())
    }

    pub(crate) fn installations(&self) -> u64 {
        u64::from(self.version.get() - 1)
    }

    /// The new firmware waits to be started.
    pub(crate) fn wants_boot(&self) -> bool {
        self.installs_by_boot && self.installation.runs.get()
    }

    /// The firmware has stopped, whatever for.
    pub(crate) fn stop(&self) {
        self.download.runs.set(false);
        self.upload.runs.set(false);
        if self.installation.runs.take() {
            self.end_installation();
        } else if self.firmware.last() == Some("Installing") {
            self.firmware.add("InstallationFailed"); // it was announced, but did not begin
        }
        self.firmware.boot();
        self.diagnostics.boot();
    }

    fn end_installation(&self) -> bool {
        let succeeds = self.installation.succeeds.get();
        self.version.set(self.version.get() + u32::from(succeeds));
        self.firmware.add(if succeeds { "Installed" } else { "InstallationFailed" });
        succeeds
    }
}

// ---- As the firmware sees it ----

impl Loader {
    pub(crate) fn begin_download(&self) {
        self.firmware.add("Downloading");
        self.download.begin(&self.chance);
    }

    pub(crate) fn download_status(&self) -> TransferStatus {
        self.download.status(&self.firmware, ["Downloaded", "DownloadFailed"])
    }

    pub(crate) fn begin_installation(&self) {
        self.firmware.announce_installation();
        assert_eq!(self.firmware.last(), Some("Installing"), "FW-02: {:?}", self.firmware);
        self.installation.begin(&self.chance);
    }

    pub(crate) fn installation_status(&self) -> InstallationStatus {
        match self.installation.ask() {
            false => InstallationStatus::Running,
            true if self.end_installation() => InstallationStatus::Installed,
            true => InstallationStatus::Failed,
        }
    }

    pub(crate) fn tells_installation(&self) -> bool {
        !self.installs_by_boot
    }

    pub(crate) fn file_name(&self) -> Option<&'static str> {
        (!self.chance.borrow_mut().once_in(4)).then_some("log.txt")
    }

    pub(crate) fn begin_upload(&self) {
        self.diagnostics.add("Uploading");
        self.upload.begin(&self.chance);
    }

    pub(crate) fn upload_status(&self) -> TransferStatus {
        self.upload.status(&self.diagnostics, ["Uploaded", "UploadFailed"])
    }
}

impl Job {
    fn begin(&self, chance: &RefCell<Chance>) {
        let mut chance = chance.borrow_mut();
        self.runs.set(true);
        self.questions_left.set(chance.below(30));
        self.succeeds.set(!chance.once_in(3));
    }

    /// Whether it has ended.
    fn ask(&self) -> bool {
        assert!(self.runs.get(), "FW-02, DG-02: it is asked how far it is, though nothing runs");
        let left = self.questions_left.get();
        self.questions_left.set(left.saturating_sub(1));
        self.runs.set(left > 0);
        left == 0
    }

    fn status(&self, history: &History, [done, failed]: [&'static str; 2]) -> TransferStatus {
        if !self.ask() {
            return TransferStatus::Running;
        }
        history.add(if self.succeeds.get() { done } else { failed });
        if self.succeeds.get() { TransferStatus::Done } else { TransferStatus::Failed }
    }
}

// ---- What was told ----

impl History {
    fn add(&self, status: &'static str) {
        self.happened.borrow_mut().push(status);
    }

    fn last(&self) -> Option<&'static str> {
        self.happened.borrow().last().copied()
    }

    /// It is announced before it begins.
    pub(crate) fn announce_installation(&self) {
        if self.last() == Some("Downloaded") {
            self.add("Installing");
        }
    }

    fn boot(&self) {
        self.told.set(self.told.get().saturating_sub(REPORTS_MAX));
    }

    /// FirmwareStatusNotification.req, DiagnosticsStatusNotification.req: what has happened since the last, or that once
    /// more, as nobody knows whether it was heard. `cannot_read`: a try may fail without having begun, because the device
    /// does not give the location back.
    pub(crate) fn hear(&self, status: &str, cannot_read: bool) {
        if cannot_read && ["DownloadFailed", "UploadFailed"].contains(&status) {
            return;
        }
        let told = self.told.get();
        let happened = self.happened.borrow();
        let place = happened.iter().skip(told).position(|other| *other == status);
        let place = place.unwrap_or_else(|| panic!("FW-02, DG-02: {status} after {:?}", happened.get(told..)));
        self.told.set(told + place);
    }
}
