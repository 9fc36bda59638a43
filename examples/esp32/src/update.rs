//! Updates over the air (OCPP 1.6 §4.5): into the slot that does not run, in pieces, while the charger goes on working.
//!
//! When something is done the charge point decides, and it tells the central system. The new firmware is on trial until the
//! central system has accepted it.

use crate::board;
use crate::connector::Ocpp;
use crate::flash::{Chip, Flash};
use crate::net::{self, SEND_LEN};
#[cfg(feature = "tls")]
use crate::settings;
#[cfg(feature = "tls")]
use charger_tls::Security;
use core::cell::Cell;
use embassy_futures::select::{Either, select};
use embassy_net::Stack;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use embassy_time::{Duration, Timer, with_timeout};
use embedded_io_async::{Read, Write};
use embedded_ocpp::ocpp16::{FileTransferProtocol, TransferStatus};
use embedded_ocpp::transport::ConnectFailure;
use esp_bootloader_esp_idf::ota::{Ota, OtaImageState};
use esp_bootloader_esp_idf::partitions::{
    AppPartitionSubType, DataPartitionSubType, Error, PARTITION_TABLE_MAX_LEN, PartitionEntry, PartitionType,
    read_partition_table,
};
use heapless::String;
use nourl::{Url, UrlScheme};
use reqwless::request::{Method, Request, RequestBuilder};
use reqwless::response::{Response, Status};

/// What files come over.
pub const PROTOCOLS: &[FileTransferProtocol] = if cfg!(feature = "tls") {
    &[FileTransferProtocol::Http, FileTransferProtocol::Https]
} else {
    &[FileTransferProtocol::Http]
};

/// The longest that the charge point hands over.
const LOCATION_LEN_MAX: usize = 512;

/// A sector of the flash, which is written as a whole.
const PIECE_LEN: usize = 4096;

/// What a new firmware is given to get a connection.
const TRIAL: Duration = Duration::from_secs(30 * 60);

const SLOTS: [AppPartitionSubType; 2] = [AppPartitionSubType::Ota0, AppPartitionSubType::Ota1];

pub struct Update<'f> {
    flash: &'f Flash,
    /// For `https://`.
    #[cfg(feature = "tls")]
    security: &'f Security,
    wanted: Signal<NoopRawMutex, String<LOCATION_LEN_MAX>>,
    status: Cell<TransferStatus>,
}

impl<'f> Update<'f> {
    pub fn new(flash: &'f Flash, #[cfg(feature = "tls")] security: &'f Security) -> Self {
        Self {
            flash,
            #[cfg(feature = "tls")]
            security,
            wanted: Signal::new(),
            status: Cell::new(TransferStatus::Running),
        }
    }

    /// Begins to download, in place of a download that still runs.
    pub fn begin(&self, location: &str) {
        self.status.set(match location.try_into() {
            Ok(location) => {
                self.wanted.signal(location);
                TransferStatus::Running
            }
            Err(_) => TransferStatus::Failed,
        });
    }

    /// How far the download is.
    pub fn status(&self) -> TransferStatus {
        self.status.get()
    }

    /// Restarts with what was downloaded. Where that fails it is the old firmware that starts, and the charge point sees by
    /// its version that nothing was installed.
    pub fn install(&self) {
        if let Err(error) = self.flash.with(select_other_slot) {
            defmt::error!("not installed: {}", defmt::Debug2Format(&error));
        }
        board::restart();
    }

    /// Ends the trial of this firmware, if it is on one, and then downloads what is wanted.
    pub async fn run(&self, ocpp: Ocpp<'_, '_>, stack: Stack<'static>) {
        self.pass_trial(ocpp).await;
        let mut location = self.wanted.wait().await;
        loop {
            location = match select(self.wanted.wait(), self.download(ocpp, stack, &location)).await {
                Either::First(other) => other,
                Either::Second(result) => {
                    if let Err(failure) = &result {
                        defmt::warn!("not downloaded: {}", failure);
                    }
                    self.status.set(if result.is_ok() { TransferStatus::Done } else { TransferStatus::Failed });
                    self.wanted.wait().await
                }
            };
        }
    }

    /// A bootloader with rollback (README) starts the firmware of before when this one restarts without having confirmed
    /// itself; other bootloaders know no trial.
    async fn pass_trial(&self, ocpp: Ocpp<'_, '_>) {
        if self.flash.with(state) != Ok(OtaImageState::PendingVerify) {
            return;
        }
        let accepted = async {
            while !ocpp.with(|ocpp| ocpp.is_accepted()) {
                Timer::after_secs(1).await;
            }
        };
        if with_timeout(TRIAL, accepted).await.is_err() {
            board::restart();
        }
        if let Err(error) = self.flash.with(|chip| ota(chip, |ota| ota.set_current_ota_state(OtaImageState::Valid))) {
            defmt::error!("not confirmed: {}", defmt::Debug2Format(&error));
        }
    }

    #[cfg_attr(not(feature = "tls"), expect(unused_variables, reason = "TLS wants the date"))]
    async fn download(&self, ocpp: Ocpp<'_, '_>, stack: Stack<'static>, location: &str) -> Result<(), Failure> {
        let url = Url::parse(location).map_err(|_| Failure::Location)?;
        let (mut receive, mut send) = ([0; 4096], [0; SEND_LEN]);
        let socket = net::dial(stack, (url.host(), url.port_or_default()), &mut receive, &mut send);
        match url.scheme() {
            UrlScheme::HTTP => self.load(&url, &mut socket.await?).await,
            #[cfg(feature = "tls")]
            UrlScheme::HTTPS => {
                let mut socket = socket.await?;
                let (trust, today) = (settings::trust()?, settings::today(ocpp));
                let mut session = self.security.open(url.host(), socket.split(), &trust, today).await?;
                let loaded = self.load(&url, &mut session).await;
                session.close(Ok(loaded)).await?
            }
            _ => Err(Failure::Location),
        }
    }

    /// Writes the file into the slot that does not run.
    async fn load<S: Read + Write>(&self, url: &Url<'_>, stream: &mut S) -> Result<(), Failure> {
        let (mut head, mut piece) = ([0; 1024], [0; PIECE_LEN]);
        Request::get(url.path()).host(url.host()).build().write_header(stream).await?;
        stream.flush().await.map_err(|_| ConnectFailure::Disconnected)?;
        let response = Response::read(stream, Method::GET, &mut head).await?;
        if response.status != Status::Ok {
            return Err(Failure::Status(response.status.0));
        }
        let mut body = response.body().reader();
        let slot = self.flash.with(other_slot)?;
        let mut written = 0;
        loop {
            let len = fill(&mut piece, &mut body).await?;
            let Some(bytes) = piece.get(..len).filter(|bytes| !bytes.is_empty()) else { break };
            self.flash.with(|chip| slot.as_flash_region(chip).write(written, bytes))?;
            written += len as u32;
        }
        // The image has its hash at its end. Who made it, is for Secure Boot to say.
        self.flash.with(|chip| slot.sha256(chip))?;
        Ok(())
    }
}

/// Less than a piece only at the end of the file.
async fn fill<R: Read>(piece: &mut [u8], body: &mut R) -> Result<usize, R::Error> {
    let mut len = 0;
    while let Some(rest) = piece.get_mut(len..).filter(|rest| !rest.is_empty()) {
        match body.read(rest).await? {
            0 => break,
            count => len += count,
        }
    }
    Ok(len)
}

/// The slot that does not run.
#[inline(never)] // for the table, which is no part of the task
fn other_slot(chip: &mut Chip) -> Result<PartitionEntry, Error> {
    let mut bytes = [0; PARTITION_TABLE_MAX_LEN];
    let table = read_partition_table(chip, &mut bytes)?;
    let running = table.booted_partition()?.ok_or(Error::Invalid)?.partition_type();
    let other = SLOTS.map(PartitionType::App).into_iter().find(|slot| *slot != running).ok_or(Error::Invalid)?;
    table.find_partition(other)?.ok_or(Error::Invalid)
}

#[inline(never)]
fn select_other_slot(chip: &mut Chip) -> Result<(), Error> {
    let PartitionType::App(other) = other_slot(chip)?.partition_type() else { return Err(Error::Invalid) };
    ota(chip, |ota| {
        // On a chip that was never updated no slot is selected, and the first one runs: it counts from there.
        if ota.current_app_partition()? == AppPartitionSubType::Factory {
            ota.set_current_app_partition(AppPartitionSubType::Ota0)?;
        }
        ota.set_current_app_partition(other)?;
        ota.set_current_ota_state(OtaImageState::New)
    })
}

fn state(chip: &mut Chip) -> Result<OtaImageState, Error> {
    ota(chip, |ota| ota.current_ota_state())
}

/// Does something with the partition that says which slot runs.
#[inline(never)]
fn ota<R>(chip: &mut Chip, action: impl FnOnce(&mut Ota<'_, '_>) -> Result<R, Error>) -> Result<R, Error> {
    let mut bytes = [0; PARTITION_TABLE_MAX_LEN];
    let table = read_partition_table(chip, &mut bytes)?;
    let partition = table.find_partition(PartitionType::Data(DataPartitionSubType::Ota))?.ok_or(Error::Invalid)?;
    action(&mut Ota::new(partition.as_flash_region(chip), SLOTS.len())?)
}

/// Why nothing was downloaded.
#[derive(defmt::Format)]
enum Failure {
    /// A location that is not understood: `http://` is, and with TLS `https://`.
    Location,
    Connect(ConnectFailure),
    Http(#[defmt(Debug2Format)] reqwless::Error),
    /// The server has answered with this.
    Status(u16),
    /// Too long for the slot, or no whole image; or the chip is broken.
    Flash(#[defmt(Debug2Format)] Error),
}

impl From<ConnectFailure> for Failure {
    fn from(failure: ConnectFailure) -> Self {
        Self::Connect(failure)
    }
}

impl From<reqwless::Error> for Failure {
    fn from(error: reqwless::Error) -> Self {
        Self::Http(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Flash(error)
    }
}
