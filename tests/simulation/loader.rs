//! What loads firmware and diagnostics, and installs: it outlives every boot, and knows what has happened. Whatever the
//! central system is told of it is that, and in that order.

use crate::chance::Chance;
use crate::job::Job;
use embedded_ocpp::ocpp16::{InstallationStatus, TransferStatus};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

/// FW-04: of more that were not told the oldest go.
const REPORTS_MAX: usize = 7;

pub(crate) struct Loader {
    chance: RefCell<Chance>,
    /// It does not tell how far an installation is, which ends with a boot.
    installs_by_boot: bool,
    version: Cell<u32>,
    booted_version: Cell<u32>,
    download: Job,
    installation: Job,
    upload: Job,
    pub(crate) firmware: History,
    pub(crate) diagnostics: History,
    /// What the firmware was told to begin since it was last looked at.
    pub(crate) begun: RefCell<Vec<Begun>>,
}

#[derive(Debug)]
pub(crate) enum Begun {
    /// From or to a location.
    Transfer(String),
    Installation,
}

/// What has happened, and how much of it was told.
#[derive(Debug)]
pub(crate) struct History {
    happened: RefCell<Vec<&'static str>>,
    /// How many were told: all that may be, for one may be told twice, and two may be alike.
    told: RefCell<BTreeSet<usize>>,
    /// How many had happened at the last boot.
    before_boot: Cell<usize>,
    /// The last of them is still to be told.
    owes: Cell<bool>,
    /// FW-06: the version at the boot tells of an installation that succeeded, be it one before the last.
    is_judged_by_version: Cell<bool>,
}

impl Loader {
    pub(crate) fn new(mut chance: Chance) -> Self {
        Self {
            installs_by_boot: chance.once_in(2),
            chance: RefCell::new(chance),
            version: Cell::new(1),
            booted_version: Cell::new(1),
            download: Job::default(),
            installation: Job::default(),
            upload: Job::default(),
            firmware: History::default(),
            diagnostics: History::default(),
            begun: RefCell::default(),
        }
    }

    /// What the firmware says of itself as it boots.
    pub(crate) fn boot(&self) -> String {
        self.booted_version.set(self.version.get());
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
        }
        let was_announced = self.firmware.last() == Some("Installing");
        if was_announced {
            // It did not begin. That may be told, or the update begins anew with its download (FW-01).
            self.firmware.add("InstallationFailed");
        }
        self.firmware.stop();
        if was_announced {
            self.firmware.owes.set(false);
        }
        self.firmware.is_judged_by_version.set(self.version.get() != self.booted_version.get());
        self.diagnostics.stop();
    }

    /// The central system hears of a boot.
    pub(crate) fn booted(&self) {
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
    pub(crate) fn begin_download(&self, location: &str) {
        self.begun.borrow_mut().push(Begun::Transfer(location.to_owned()));
        self.firmware.add("Downloading");
        self.download.begin(&self.chance);
    }

    pub(crate) fn download_status(&self) -> TransferStatus {
        transferred(&self.download, &self.firmware, ["Downloaded", "DownloadFailed"])
    }

    pub(crate) fn begin_installation(&self) {
        self.firmware.announce_installation();
        assert_eq!(self.firmware.last(), Some("Installing"), "FW-02: {:?}", self.firmware);
        self.begun.borrow_mut().push(Begun::Installation);
        self.installation.begin(&self.chance);
    }

    pub(crate) fn installation_status(&self) -> InstallationStatus {
        match self.installation.ask() {
            None => InstallationStatus::Running,
            Some(_) if self.end_installation() => InstallationStatus::Installed,
            Some(_) => InstallationStatus::Failed,
        }
    }

    pub(crate) fn tells_installation(&self) -> bool {
        !self.installs_by_boot
    }

    pub(crate) fn file_name(&self) -> Option<&'static str> {
        (!self.chance.borrow_mut().once_in(4)).then_some("log.txt")
    }

    pub(crate) fn begin_upload(&self, location: &str) {
        self.begun.borrow_mut().push(Begun::Transfer(location.to_owned()));
        self.diagnostics.add("Uploading");
        self.upload.begin(&self.chance);
    }

    pub(crate) fn upload_status(&self) -> TransferStatus {
        transferred(&self.upload, &self.diagnostics, ["Uploaded", "UploadFailed"])
    }
}

fn transferred(job: &Job, history: &History, [done, failed]: [&'static str; 2]) -> TransferStatus {
    let Some(is_done) = job.ask() else { return TransferStatus::Running };
    history.add(if is_done { done } else { failed });
    if is_done { TransferStatus::Done } else { TransferStatus::Failed }
}

// ---- What was told ----

impl Default for History {
    fn default() -> Self {
        Self {
            happened: RefCell::default(),
            told: RefCell::new(BTreeSet::from([0])),
            before_boot: Cell::new(0),
            owes: Cell::new(false),
            is_judged_by_version: Cell::new(false),
        }
    }
}

impl History {
    fn add(&self, status: &'static str) {
        self.is_judged_by_version.set(false);
        self.happened.borrow_mut().push(status);
        self.owes.set(true);
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

    pub(crate) fn owes(&self) -> bool {
        self.owes.get()
    }

    /// FW-07: only how an installation ended must be told after the boot.
    fn stop(&self) {
        self.owes.set(self.owes() && matches!(self.last(), Some("Installed" | "InstallationFailed")));
        self.before_boot.set(self.happened.borrow().len());
    }

    /// What was not told, and what had no answer, may be told again, as nobody knows whether it was heard.
    fn boot(&self) {
        let first = self.told.borrow().first().map_or(0, |told| told.saturating_sub(REPORTS_MAX + 1));
        *self.told.borrow_mut() = (first..=self.before_boot.get()).collect();
    }

    /// FirmwareStatusNotification.req, DiagnosticsStatusNotification.req: what has happened next, or the last once more, as
    /// nobody knows whether it was heard. `cannot_read`: a try may fail without having begun, because the device does not
    /// give the location back.
    pub(crate) fn hear(&self, status: &str, cannot_read: bool) {
        let happened = self.happened.borrow();
        let until = |told: usize| if told + REPORTS_MAX < happened.len() { happened.len() } else { told + 1 };
        let next = |told: &usize| (told.saturating_sub(1)..until(*told)).map(|place| place + 1);
        let before = self.told.take();
        let mut told: BTreeSet<_> =
            before.iter().flat_map(next).filter(|told| happened.get(told - 1) == Some(&status)).collect();
        if cannot_read && ["DownloadFailed", "UploadFailed"].contains(&status) {
            told.extend(&before);
        }
        let from = before.first().map_or(0, |told| told.saturating_sub(1));
        assert!(!told.is_empty(), "FW-02, DG-02: {status} is no part of {:?}", &happened[from..]);
        let is_judged =
            self.is_judged_by_version.get() && self.last() == Some("InstallationFailed") && status == "Installed";
        self.owes.set(self.owes() && !told.contains(&happened.len()) && !is_judged);
        self.told.replace(told);
    }
}
