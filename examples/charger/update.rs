//! The firmware of the simulated charge point: it can be replaced by any file that is not empty.

use crate::config::Config;
use crate::files::Transfer;
use crate::trace::Log;
use embedded_ocpp::Controls;
use embedded_ocpp::ocpp16::{InstallationStatus, TransferStatus};
use embedded_ocpp::time::{Duration, Instant};
use std::cell::{Cell, RefCell};
use std::fs::{self, File};
use std::io::{self, Write};

/// How long the new firmware takes to be written.
const INSTALLATION: Duration = Duration::from_millis(500);
/// CiString50Type
const VERSION_LEN_MAX: usize = 50;

/// The version that runs: that of the last update, or else of the factory.
pub(crate) fn version(config: &Config) -> Option<String> {
    let updated = fs::read_to_string(config.data_dir.join("firmware")).ok();
    updated.or_else(|| config.boot.firmware_version.clone())
}

pub(crate) struct Update<'o> {
    config: &'o Config,
    log: &'o Log,
    download: RefCell<Option<Transfer>>,
    /// The file that was downloaded, and its name.
    file: RefCell<Option<(String, Vec<u8>)>>,
    name: RefCell<String>,
    /// When the new firmware was written, or could not be.
    installed: Cell<Option<Result<Instant, ()>>>,
}

impl<'o> Update<'o> {
    pub(crate) fn new(config: &'o Config, log: &'o Log) -> Self {
        Self {
            config,
            log,
            download: RefCell::default(),
            file: RefCell::default(),
            name: RefCell::default(),
            installed: Cell::new(None),
        }
    }

    fn begin(&self, location: &str) {
        self.log.note(&format!("downloads {location}"));
        let path = location.split(['?', '#']).next().unwrap_or_default();
        *self.name.borrow_mut() = path.rsplit('/').next().unwrap_or_default().into();
        *self.download.borrow_mut() = Some(Transfer::download(location, self.config.ca_file.as_deref()));
    }

    fn download_status(&self) -> TransferStatus {
        let result = match &*self.download.borrow() {
            Some(download) => download.result(),
            None => return TransferStatus::Failed,
        };
        match result {
            None => TransferStatus::Running,
            Some(Ok(content)) => {
                self.log.note(&format!("downloaded {} bytes", content.len()));
                *self.file.borrow_mut() = Some((self.name.take(), content));
                TransferStatus::Done
            }
            Some(Err(error)) => {
                self.log.note(&format!("not downloaded: {error}"));
                TransferStatus::Failed
            }
        }
    }

    /// What was downloaded.
    #[cfg(feature = "security")]
    pub(crate) fn look_at_file<T>(&self, look: impl FnOnce(&[u8]) -> T) -> T {
        look(self.file.borrow().as_ref().map(|(_, content)| content.as_slice()).unwrap_or_default())
    }

    fn install(&self) {
        let written = match self.file.take() {
            Some((name, content)) if !content.is_empty() => self.write(&name),
            _ => Err(io::Error::other("the file is empty")),
        };
        let written = written.inspect_err(|error| self.log.note(&format!("not installed: {error}")));
        self.installed.set(Some(written.map(|()| self.log.now()).map_err(|_| ())));
    }

    /// Makes it the firmware of the next start. Each update gives a version of its own.
    fn write(&self, name: &str) -> io::Result<()> {
        let now = version(self.config).unwrap_or_default();
        let (base, build) = now.split_once('+').unwrap_or((&now, ""));
        let number = build.rsplit_once('.').and_then(|(_, number)| number.parse::<u32>().ok()).unwrap_or(0);
        let end = format!(".{}", number.wrapping_add(1));
        let name = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-');
        let name = format!("{base}+").chars().chain(name).take(VERSION_LEN_MAX - end.len()).collect::<String>();
        let (file, draft) = (self.config.data_dir.join("firmware"), self.config.data_dir.join("firmware.new"));
        let mut writer = File::create(&draft)?;
        writer.write_all(format!("{name}{end}").as_bytes())?;
        writer.sync_all()?;
        fs::rename(draft, file)
    }

    fn installation_status(&self) -> InstallationStatus {
        match self.installed.get() {
            Some(Err(())) => {
                self.installed.set(None);
                InstallationStatus::Failed
            }
            _ => InstallationStatus::Running,
        }
    }

    /// The new firmware is written, and waits for the restart.
    pub(crate) fn is_restart_due(&self, now: Instant) -> bool {
        matches!(self.installed.get(), Some(Ok(since)) if now.since(since) >= INSTALLATION)
    }
}

/// What the charge point calls.
pub(crate) struct UpdateWires<'u> {
    begin: Box<dyn Fn(&str) + 'u>,
    download_status: Box<dyn Fn() -> TransferStatus + 'u>,
    install: Box<dyn Fn() + 'u>,
    installation_status: Box<dyn Fn() -> InstallationStatus + 'u>,
}

impl<'u> UpdateWires<'u> {
    pub(crate) fn of(update: &'u Update<'_>) -> Self {
        Self {
            begin: Box::new(|location| update.begin(location)),
            download_status: Box::new(|| update.download_status()),
            install: Box::new(|| update.install()),
            installation_status: Box::new(|| update.installation_status()),
        }
    }

    pub(crate) fn attach(&'u self, ocpp: &mut Controls<'u>) {
        ocpp.set_on_download(&*self.begin);
        ocpp.set_download_status_input(&*self.download_status);
        ocpp.set_on_install(&*self.install);
        ocpp.set_installation_status_input(&*self.installation_status);
    }
}
