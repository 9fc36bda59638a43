//! What the central system has loaded: firmware onto the charge point, diagnostics from it, and that it is told how far
//! they are (OCPP 1.6 §4.4, §4.5, §5.9, §5.19).

use crate::chance::Chance;
use crate::job::Job;
use crate::server::{Asked, seconds};
use crate::support::leak;
use crate::walk::{Walk, Weather};
use embedded_ocpp::ChargePoint;
use embedded_ocpp::ocpp16::{
    DiagnosticsRequest, DiagnosticsStatus, FileTransferProtocol, FirmwareStatus, InstallationStatus, TransferStatus,
};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};

const ACCEPTED: &[&str] = &["Accepted"];
/// More are not kept over a boot.
const REPORTS_MAX: usize = 8;
/// As many as these wait to be told, whatever happens.
const REPORTS_MIN: usize = 6;
/// Where the central system leaves it open how often.
const RETRIES_OPEN: u32 = u32::MAX;

type Command = (&'static str, Value, &'static [&'static str]);

// ---- The hardware ----

/// What loads and installs. It outlives every boot.
pub(crate) struct Loader {
    chance: RefCell<Chance>,
    /// It does not tell how far an installation is, which ends with a boot.
    installs_by_boot: bool,
    version: Cell<u32>,
    download: Job,
    installation: Job,
    upload: Job,
    /// Where the firmware is from, and where the diagnostics go.
    firmware_at: RefCell<String>,
    diagnostics_at: RefCell<String>,
    /// What it has named, by location.
    file_names: RefCell<HashMap<String, Option<String>>>,
    /// What has happened since it was last looked at: status and location.
    events: RefCell<Vec<(&'static str, String)>>,
}

impl Loader {
    pub(crate) fn leak(chance: &mut Chance) -> &'static Self {
        leak(Self {
            installs_by_boot: chance.once_in(2),
            chance: RefCell::new(Chance(chance.next())),
            version: Cell::new(1),
            download: Job::default(),
            installation: Job::default(),
            upload: Job::default(),
            firmware_at: RefCell::default(),
            diagnostics_at: RefCell::default(),
            file_names: RefCell::default(),
            events: RefCell::default(),
        })
    }

    pub(crate) fn version(&self) -> &'static str {
        Box::leak(format!("1.{}", self.version.get()).into_boxed_str())
    }

    pub(crate) fn wants_boot(&self) -> bool {
        self.installs_by_boot && self.installation.runs.get()
    }

    /// The supply is gone. How an installation ends that was under way, if one was.
    fn power_off(&self) -> Option<&'static str> {
        self.download.runs.set(false);
        self.upload.runs.set(false);
        let is_installed = self.installation.runs.take().then(|| self.installation.succeeds.get())?;
        self.version.set(self.version.get() + u32::from(is_installed));
        Some(if is_installed { "Installed" } else { "InstallationFailed" })
    }

    fn connect(&'static self, charger: &mut ChargePoint<'static>) {
        charger.set_on_download(leak(|location: &str| {
            self.download.begin(&self.chance);
            location.clone_into(&mut self.firmware_at.borrow_mut());
            self.tell("Downloading", &self.firmware_at);
        }));
        charger.set_download_status_input(leak(|| {
            self.transferred(&self.download, &self.firmware_at, ["Downloaded", "DownloadFailed"])
        }));
        charger.set_on_install(leak(|| {
            self.installation.begin(&self.chance);
            self.tell("Installing", &self.firmware_at);
        }));
        if !self.installs_by_boot {
            charger.set_installation_status_input(leak(|| self.installed()));
        }
        charger.set_diagnostics_file_name_input(leak(|request: &DiagnosticsRequest<'_>| self.name(request.location)));
        charger.set_on_upload(leak(|request: &DiagnosticsRequest<'_>, file_name: &str| {
            let named = self.file_names.borrow().get(request.location).cloned().flatten();
            assert_eq!(named.as_deref(), Some(file_name), "DG-01: {}", request.location);
            self.upload.begin(&self.chance);
            request.location.clone_into(&mut self.diagnostics_at.borrow_mut());
            self.tell("Uploading", &self.diagnostics_at);
        }));
        charger.set_upload_status_input(leak(|| {
            self.transferred(&self.upload, &self.diagnostics_at, ["Uploaded", "UploadFailed"])
        }));
        charger.set_file_transfer_protocols(&[FileTransferProtocol::Ftp]);
    }

    fn tell(&self, status: &'static str, location: &RefCell<String>) {
        self.events.borrow_mut().push((status, location.borrow().clone()));
    }

    fn transferred(&self, job: &Job, location: &RefCell<String>, [done, failed]: [&'static str; 2]) -> TransferStatus {
        let Some(is_done) = job.ask() else { return TransferStatus::Running };
        self.tell(if is_done { done } else { failed }, location);
        if is_done { TransferStatus::Done } else { TransferStatus::Failed }
    }

    fn installed(&self) -> InstallationStatus {
        let Some(is_installed) = self.installation.ask() else { return InstallationStatus::Running };
        self.tell(if is_installed { "Installed" } else { "InstallationFailed" }, &self.firmware_at);
        self.version.set(self.version.get() + u32::from(is_installed));
        if is_installed { InstallationStatus::Installed } else { InstallationStatus::Failed }
    }

    fn name(&self, location: &str) -> Option<&'static str> {
        let is_there = !self.chance.borrow_mut().once_in(4);
        let name = is_there.then(|| &*Box::leak(format!("{}.txt", location.len()).into_boxed_str()));
        self.file_names.borrow_mut().insert(location.to_owned(), name.map(ToOwned::to_owned));
        name
    }
}

// ---- What is known ----

/// A file that the central system has asked for.
#[derive(Debug)]
struct Order {
    /// Not before this date.
    date: i64,
    retries: u32,
    retry_interval_ms: u64,
    /// Since the last boot.
    tries: u32,
    failed: Option<u64>,
    is_refused: bool,
    /// It was asked for while another was installed.
    is_too_late: bool,
}

/// What has happened to files of one direction, and how much of it was told.
#[derive(Debug)]
struct Ledger {
    happened: Vec<&'static str>,
    /// How many of these were told; several where one may be taken for another.
    told: BTreeSet<usize>,
    /// When too many wait to be told, the oldest may be dropped up to here.
    dropped: usize,
    /// What may be told again after a boot.
    again: Vec<&'static str>,
    /// Triggers that may not have had their message yet.
    triggers: u32,
    /// A trigger was accepted, and has had no message yet.
    is_owed: bool,
    /// What happens next was told already, because the link failed between the two.
    is_announced: bool,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            happened: Vec::new(),
            told: BTreeSet::from([0]),
            dropped: 0,
            again: Vec::new(),
            triggers: 0,
            is_owed: false,
            is_announced: false,
        }
    }
}

impl Ledger {
    /// A status is told: the next that has happened, one whose answer was lost, or what a trigger asks for.
    fn hear(&mut self, status: &str, is_lossy: bool) {
        self.is_owed = false;
        let again = self.again.iter().position(|other| *other == status);
        let is_next = |place: &usize| self.happened.get(*place) == Some(&status);
        let told = self.told.iter().flat_map(|told| *told..=self.dropped.max(*told));
        let told: BTreeSet<usize> = told.filter(is_next).map(|place| place + 1).collect();
        let is_last = |told: &usize| *told > 0 && self.happened[told - 1] == status;
        if let Some(place) = again {
            self.again.drain(..=place);
            self.told.extend(told);
        } else if !told.is_empty() {
            self.told = told;
            self.again.clear();
        } else if is_lossy && self.told.iter().any(is_last) {
            // Its answer was lost.
        } else if self.triggers == 0 && ["Downloading", "Uploading"].contains(&status) && !self.is_announced {
            self.is_announced = true;
        } else {
            // One that is about to begin is told as well.
            let is_present =
                ["Idle", "Downloading", "Uploading"].contains(&status) || self.happened.last() == Some(&status);
            assert!(is_present && self.triggers > 0, "FW-02, FW-04, DG-02, TRG-07: {status} of {self:?}");
            self.triggers -= 1;
        }
    }

    fn happen(&mut self, status: &'static str) {
        self.happened.push(status);
        if status.ends_with("loading") && std::mem::take(&mut self.is_announced) {
            self.told = BTreeSet::from([self.happened.len()]);
        }
        self.dropped = self.happened.len().saturating_sub(REPORTS_MIN).max(self.dropped);
    }

    /// Whether everything that has happened was told.
    fn is_told(&self) -> bool {
        self.told.contains(&self.happened.len()) && !self.is_announced
    }

    /// What was not told is kept, forgotten, or either.
    fn boot(&mut self, is_kept: bool, is_forgotten: bool) {
        let (all, told) = (self.happened.len(), self.told.last().copied().unwrap_or(0));
        self.again = self.happened[if is_kept { told.saturating_sub(REPORTS_MAX) } else { told }..told].to_vec();
        if is_forgotten {
            self.told.insert(all);
            self.dropped = all;
        }
        if !is_kept {
            self.told = BTreeSet::from([all]);
        }
        self.triggers = 0;
        self.is_owed = false;
        self.is_announced = false;
    }
}

#[derive(Default)]
pub(crate) struct Transfers {
    orders: HashMap<String, Order>,
    firmware: Ledger,
    diagnostics: Ledger,
    /// When an installation was last under way.
    installing: Option<u64>,
    is_waiting_for_retry: bool,
    /// Another update was asked for since the last began.
    is_replaced: bool,
}

impl Transfers {
    fn ledger(&mut self, message: &str) -> Option<&mut Ledger> {
        match message {
            "FirmwareStatusNotification" => Some(&mut self.firmware),
            "DiagnosticsStatusNotification" => Some(&mut self.diagnostics),
            _ => None,
        }
    }
}

// ---- Commands ----

impl Walk {
    pub(crate) fn transfer(&mut self) -> Command {
        let mut request = json!({ "location": format!("ftp://files/{}", self.server.calls) });
        for (name, values) in [("retries", [0, 1, 3]), ("retryInterval", [0, 5, 60])] {
            if !self.chance.once_in(3) {
                request[name] = json!(self.chance.of(&values));
            }
        }
        match self.chance.below(3) {
            0 => {
                let from = self.chance.of(&[-100_000, 0, 0, 5, 3600]);
                request["retrieveDate"] = json!(self.date_in(from));
                ("UpdateFirmware", request, &[])
            }
            1 => {
                if self.chance.once_in(2) {
                    request["startTime"] = json!(self.date_in(-1000));
                }
                ("GetDiagnostics", request, &[])
            }
            _ => {
                self.server.triggered = true;
                let message = self.chance.of(&["FirmwareStatusNotification", "DiagnosticsStatusNotification"]);
                ("TriggerMessage", json!({ "requestedMessage": message }), ACCEPTED)
            }
        }
    }

    pub(crate) fn asks_transfer(&mut self, action: &str, payload: &Value) {
        let transfers = &mut self.promises.transfers;
        if let ("TriggerMessage", Some(message)) = (action, payload["requestedMessage"].as_str()) {
            if let Some(ledger) = transfers.ledger(message) {
                ledger.triggers += 1;
            }
        } else if let ("UpdateFirmware" | "GetDiagnostics", Some(location)) = (action, payload["location"].as_str()) {
            let order = Order {
                date: payload["retrieveDate"].as_str().map_or(0, seconds),
                retries: payload["retries"].as_u64().map_or(RETRIES_OPEN, |retries| retries as u32),
                retry_interval_ms: payload["retryInterval"].as_u64().unwrap_or(0) * 1000,
                tries: 0,
                failed: None,
                is_refused: false,
                is_too_late: self.loader.installation.runs.get(),
            };
            transfers.orders.insert(location.to_owned(), order);
            transfers.is_replaced |= action == "UpdateFirmware";
        }
    }

    pub(crate) fn learn_transfer(&mut self, asked: &Asked, status: &str, answer: Option<&Value>) {
        let is_exact = self.knows_transfers();
        let transfers = &mut self.promises.transfers;
        let location = asked.payload["location"].as_str().unwrap_or("");
        match asked.action {
            "TriggerMessage" if status == "Accepted" => {
                let ledger = asked.payload["requestedMessage"].as_str().and_then(|message| transfers.ledger(message));
                if let Some(ledger) = ledger {
                    ledger.is_owed = true;
                }
            }
            "UpdateFirmware" if is_exact => {
                let was_installing = transfers.installing.is_some_and(|at| at >= asked.since);
                assert!(answer.is_some() || was_installing, "FW-01, FW-08: {} is refused", asked.payload);
                assert!(answer.is_none_or(|answer| *answer == json!({})), "FW-01: {answer:?}");
                let order = transfers.orders.get_mut(location).unwrap();
                order.is_refused = answer.is_none();
                let is_too_late = order.is_too_late && self.loader.installation.runs.get();
                assert!(!is_too_late || order.is_refused, "FW-08: {location} takes the place of one that is installed");
            }
            "GetDiagnostics" if is_exact && !location.is_empty() => {
                let answer = answer.unwrap_or_else(|| panic!("DG-01: {} is refused", asked.payload));
                let named = self.loader.file_names.borrow().get(location).cloned().flatten();
                assert_eq!(answer.get("fileName").and_then(Value::as_str), named.as_deref(), "DG-01");
            }
            _ => {}
        }
    }
}

// ---- What is seen of the charge point ----

impl Walk {
    pub(crate) fn connect_transfers(&mut self, charger: &mut ChargePoint<'static>) {
        if !self.has(Weather::Transfers) {
            return;
        }
        self.loader.connect(charger);
    }

    /// The memory of the charge point is gone: an update begins anew, unless it was installed or is over; an upload is lost.
    pub(crate) fn power_off_transfers(&mut self) {
        let ended = self.loader.power_off();
        let transfers = &mut self.promises.transfers;
        transfers.firmware.happened.extend(ended);
        let last = transfers.firmware.happened.last().copied();
        let is_over = match last {
            Some("DownloadFailed") => !transfers.is_waiting_for_retry,
            Some(last) => last.starts_with("Install") && last != "Installing",
            None => false,
        };
        transfers.firmware.boot(is_over, !is_over || transfers.is_replaced);
        transfers.diagnostics.boot(false, true);
        for order in transfers.orders.values_mut() {
            (order.tries, order.failed) = (0, None);
        }
    }

    /// Nothing is known where records do not say what was stored.
    fn knows_transfers(&self) -> bool {
        self.has(Weather::Transfers) && !self.has(Weather::Flash) && !self.has(Weather::Corruption)
    }

    pub(crate) fn follow_transfers(&mut self) {
        for (status, location) in self.loader.events.take() {
            self.tell(format!("{status} {location}"));
            self.transfer_moves(status, &location);
        }
        let status = self.charger().firmware_status();
        let transfers = &mut self.promises.transfers;
        transfers.is_waiting_for_retry = status == FirmwareStatus::DownloadFailed;
        if status == FirmwareStatus::Installing {
            transfers.installing = Some(self.now);
            self.begin_installation();
        }
    }

    fn transfer_moves(&mut self, status: &'static str, location: &str) {
        let (now, date) = (self.now, seconds(&self.date()));
        let knows_date = !self.clock_ran_back;
        let is_exact = self.knows_transfers();
        let is_upload = status.starts_with("Upload");
        match status {
            "Downloading" | "Uploading" if !self.has(Weather::Corruption) => {
                let order = self.promises.transfers.orders.get_mut(location);
                let order = order.unwrap_or_else(|| panic!("FW-01, DG-01: nobody asked for {location}"));
                assert!(!order.is_refused, "FW-08: {location} was refused");
                assert!(!knows_date || date + 1 >= order.date, "FW-01: {location} too early: {order:?}");
                // Where the record of a later request was not stored, the former begins anew.
                assert!(
                    order.tries <= order.retries || !is_exact,
                    "FW-03, DG-04: too many tries of {location}: {order:?}"
                );
                let pause = order.failed.map_or(0, |failed| failed + order.retry_interval_ms);
                assert!(now >= pause, "FW-03, DG-04: {location} too soon again: {order:?}");
                order.tries += 1;
                self.promises.transfers.is_replaced &= is_upload;
            }
            "DownloadFailed" | "UploadFailed" => {
                if let Some(order) = self.promises.transfers.orders.get_mut(location) {
                    order.failed = Some(now);
                }
            }
            "Installing" => {
                self.begin_installation();
                let ledger = &self.promises.transfers.firmware;
                let before = ledger.happened.iter().rev().nth(1);
                assert!(before == Some(&"Downloaded") || !is_exact, "FW-02: installed after {before:?}");
                let charger = self.charger();
                let busy = (1..=self.connectors).find(|id| charger.transaction(*id).is_some());
                assert_eq!(busy, None, "FW-05: it is installed during a transaction");
                return;
            }
            _ => {}
        }
        let transfers = &mut self.promises.transfers;
        let ledger = if is_upload { &mut transfers.diagnostics } else { &mut transfers.firmware };
        ledger.happen(status);
    }

    /// It is announced before it begins.
    fn begin_installation(&mut self) {
        let ledger = &mut self.promises.transfers.firmware;
        if ledger.happened.last() == Some(&"Downloaded") {
            ledger.happen("Installing");
        }
    }

    /// FirmwareStatusNotification.req, DiagnosticsStatusNotification.req
    pub(crate) fn transfer_told(&mut self, action: &str, payload: &Value) {
        let status = payload["status"].as_str().unwrap().to_owned();
        let is_exact = self.knows_transfers();
        let lossy = [Weather::Link, Weather::BrokenAnswers, Weather::Reboots, Weather::Resets];
        let is_lossy = lossy.into_iter().any(|weather| self.has(weather)) || self.loader.installs_by_boot;
        let has_mumbled = self.server.mumbled;
        let (download, upload) = (&self.loader.download, &self.loader.upload);
        let runs = if action.starts_with('F') { download.runs.get() } else { upload.runs.get() };
        assert!(status != "Idle" || !runs || !is_exact, "TRG-07: Idle while it runs");
        let ledger = self.promises.transfers.ledger(action).unwrap();
        if has_mumbled {
            ledger.triggers = ledger.triggers.max(1);
        }
        if is_exact {
            ledger.hear(&status, is_lossy);
        } else {
            assert!(status != "Idle" || ledger.triggers > 0, "DG-05, TRG-07: Idle without a trigger");
            ledger.is_owed = false;
        }
    }

    pub(crate) fn lose_triggers(&mut self) {
        let transfers = &mut self.promises.transfers;
        (transfers.firmware.is_owed, transfers.diagnostics.is_owed) = (false, false);
    }

    /// FW-05: nobody begins what would be interrupted.
    pub(crate) fn is_closed_for_update(&self) -> bool {
        matches!(self.charger().firmware_status(), FirmwareStatus::Downloaded | FirmwareStatus::Installing)
    }

    /// What must hold at rest.
    pub(crate) fn check_transfers(&mut self) {
        let is_installing = self.loader.installation.runs.get();
        for id in (1..=self.connectors).filter(|_| is_installing) {
            let status = self.charger().charge_point_status(id).unwrap().as_str();
            // One where somebody has plugged in is not idle.
            let is_out = ["Unavailable", "Faulted", "Preparing", "Finishing"].contains(&status);
            assert!(is_out, "FW-05: {id} is {status} while it is installed");
        }
        let can_speak = self.linked && self.charger().is_accepted();
        let waits = self.has(Weather::Busy) || self.has(Weather::BrokenAnswers);
        if !can_speak || waits || self.server.unanswered.is_some() || !self.server.asked.is_empty() {
            return;
        }
        let transfers = &mut self.promises.transfers;
        for ledger in [&mut transfers.firmware, &mut transfers.diagnostics] {
            assert!(!ledger.is_owed, "TRG-01: a trigger without its message: {ledger:?}");
            ledger.triggers = 0;
        }
    }

    pub(crate) fn unrest_of_transfers(&self) -> String {
        let (charger, transfers) = (self.charger(), &self.promises.transfers);
        let statuses = (charger.firmware_status(), charger.diagnostics_status());
        format!("transfers {statuses:?} {:?} {:?}", transfers.firmware, transfers.diagnostics)
    }

    /// Nothing is under way, and all that has happened was told. Only sessions may keep an update waiting.
    pub(crate) fn has_no_transfers(&self) -> bool {
        let charger = self.charger();
        let transfers = &self.promises.transfers;
        let is_told = |ledger: &Ledger| ledger.is_told() || !self.knows_transfers();
        let may_wait = (1..=self.connectors).any(|id| charger.transaction(id).is_some());
        let is_over = match charger.firmware_status() {
            FirmwareStatus::Idle => true,
            FirmwareStatus::Downloaded => may_wait,
            _ => false,
        };
        let has_uploaded = charger.diagnostics_status() == DiagnosticsStatus::Idle;
        is_over && has_uploaded && is_told(&transfers.firmware) && is_told(&transfers.diagnostics)
    }
}
