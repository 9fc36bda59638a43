//! A whole charger with a page to look at it: see README.md.
//!
//! The charge point is that of examples/charger, whose files are here under their own names. Around it: a flash chip, cars,
//! a central system to be played by hand, and a web server that shows all of it.

mod car;
mod central;
mod charger;
mod desk;
mod dispatch;
mod flash;
mod fleet;
mod options;
mod page;
mod play;
mod records;
mod security_log;
mod snapshot;
mod transactions;
mod web;
mod window;

#[cfg(feature = "security")]
#[path = "../../charger/certificates/mod.rs"]
mod certificates;
#[path = "../../charger/command.rs"]
mod command;
#[path = "../../charger/config.rs"]
mod config;
#[path = "../../charger/connection.rs"]
mod connection;
#[path = "../../charger/data_transfers.rs"]
mod data_transfers;
#[path = "../../charger/diagnostics.rs"]
mod diagnostics;
#[cfg(feature = "security")]
#[path = "../../charger/durable.rs"]
mod durable;
#[path = "../../charger/evse.rs"]
mod evse;
#[path = "../../charger/files.rs"]
mod files;
#[cfg(feature = "security")]
#[path = "../../charger/log_upload.rs"]
mod log_upload;
#[path = "../../charger/protocol.rs"]
mod protocol;
#[path = "../../charger/random.rs"]
mod random;
#[cfg(feature = "security")]
#[path = "../../charger/security_events.rs"]
mod security_events;
#[cfg(feature = "security")]
#[path = "../../charger/signed_update.rs"]
mod signed_update;
#[path = "../../charger/socket.rs"]
mod socket;
#[path = "../../charger/station.rs"]
mod station;
#[path = "../../charger/tls.rs"]
mod tls;
#[path = "../../charger/trace.rs"]
mod trace;
#[path = "../../charger/update.rs"]
mod update;
#[path = "../../charger/url.rs"]
mod url;
#[path = "../../charger/view.rs"]
mod view;

use central::{Authority, Central};
use clap::Parser;
use config::Config;
use options::Options;
use serde_json::json;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::sync::mpsc;
use web::{Feed, Place, Site};

#[tokio::main]
async fn main() -> ExitCode {
    if let Some(code) = fleet::run_if_asked() {
        return code;
    }
    match simulate(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

/// One charger, until somebody ends it.
async fn simulate(options: Options) -> Result<(), Box<dyn Error>> {
    let place = Place::open(options.listen, options.token.clone()).await?;
    let feed = Feed::new();
    let flash = Flash::of(&options)?;
    let authority = options.tls.then(Authority::new).transpose()?;
    let ca_file = match &authority {
        Some(authority) => Some(flash.keep("central_system_root.pem", &authority.root())?),
        None => options.ca_file.clone(),
    };
    let central = if options.url.is_none() { Some(Central::start(feed.clone(), authority).await?) } else { None };
    let url = match (&options.url, &central) {
        (Some(url), _) => url.clone(),
        (None, central) => central.as_ref().map(Central::url).unwrap_or_default(),
    };
    let config = config_of(&options, &url, ca_file, &flash)?;
    println!("page            {}", place.url()?);
    println!("central system  {url}{}", if central.is_some() { ", of this process" } else { "" });
    println!("flash           {}", flash.directory.display());
    feed.set(
        "about",
        &json!({
            "url": url,
            "identity": config.endpoint(false)?.identity,
            "vendor": config.boot.charge_point_vendor,
            "model": config.boot.charge_point_model,
            "builtin": central.is_some(),
            "max_a": config.max_current_a,
            "crate": config.boot.firmware_version,
        }),
    );

    let (charger, requests) = std::sync::mpsc::channel();
    let thread = charger::start(config, feed.clone(), requests);
    let (commands, lines) = mpsc::channel(256);
    let dispatch = dispatch::dispatch(lines, central, charger);
    let script = play_script(&options, &feed, commands.clone());
    let site = Site { html: page::HTML, files: page::FILES, feed: feed.clone(), commands };
    let outcome = tokio::select! {
        served = place.serve(site) => served.map_err(Into::into),
        played = script => played,
        () = dispatch => Ok(()),
        () = wish_to_end() => Ok(()),
    };
    // The charger stops when nobody can send commands any more.
    let stopped = tokio::task::spawn_blocking(|| thread.join()).await?;
    outcome.and_then(|()| Ok(stopped.map_err(|_| "the charger has panicked")??))
}

/// Somebody, or the system, wants the process to end.
async fn wish_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// Ends when the script wants the simulator to end; without a script never.
async fn play_script(
    options: &Options,
    feed: &Feed,
    commands: mpsc::Sender<web::Request>,
) -> Result<(), Box<dyn Error>> {
    if let Some(script) = &options.script
        && play::play(script, feed, commands).await? == play::End::Leave
    {
        return Ok(());
    }
    std::future::pending().await
}

fn config_of(options: &Options, url: &str, ca_file: Option<PathBuf>, flash: &Flash) -> Result<Config, Box<dyn Error>> {
    let mut config = Config::of_url(url, flash.directory.clone())?;
    config.connector_lock = true;
    config.max_current_a = 32.0;
    config.ca_file = ca_file;
    #[cfg(feature = "security")]
    {
        config.accept_unsigned_updates = true; // the central system of the process signs none
    }
    config.keys.insert("MeterValueSampleInterval".into(), "10".into());
    if let Some(password) = &options.password {
        config.keys.insert("AuthorizationKey".into(), password.clone());
    }
    Ok(config)
}

/// Where the flash lies.
struct Flash {
    directory: PathBuf,
    /// It ends with the process.
    is_fleeting: bool,
}

impl Flash {
    fn of(options: &Options) -> Result<Self, Box<dyn Error>> {
        Ok(match (&options.data, &options.url) {
            (Some(directory), _) => Self { directory: directory.clone(), is_fleeting: false },
            // What waits for a real central system is not thrown away.
            (None, Some(url)) => {
                let name = Config::of_url(url, PathBuf::new())?.file_name();
                Self {
                    directory: std::env::temp_dir().join(format!("embedded-ocpp-simulator-{name}")),
                    is_fleeting: false,
                }
            }
            (None, None) => {
                let name = format!("embedded-ocpp-simulator-{}", std::process::id());
                let directory = std::env::temp_dir().join(name);
                let _ = std::fs::remove_dir_all(&directory); // of a process that had the same number and was killed
                Self { directory, is_fleeting: true }
            }
        })
    }

    /// Puts a file beside it.
    fn keep(&self, name: &str, content: &str) -> std::io::Result<PathBuf> {
        std::fs::create_dir_all(&self.directory)?;
        let file = self.directory.join(name);
        std::fs::write(&file, content)?;
        Ok(file)
    }
}

impl Drop for Flash {
    fn drop(&mut self) {
        if self.is_fleeting {
            let _ = std::fs::remove_dir_all(&self.directory); // the system clears it away some day
        }
    }
}
