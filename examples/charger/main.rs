//! A whole charge point as a process: this crate, its WebSocket adapter on a real TCP socket, a directory of files as
//! flash, and simulated hardware.
//!
//! - `cargo run --example charger`: a charging session against a small central system in the same process. The terminal
//!   shows it as it goes; after some six seconds the program ends, with exit code 0 if all went as it should.
//! - `cargo run --example charger -- ws://host:port/path/ID`: the same charge point against any other central system.
//!   It has one session when it can, and stays up.
//! - `cargo run --example charger -- --config FILE`: driven by another program, one JSON object a line: commands on
//!   stdin, events and replies on stdout, log on stderr. README.md tells what may stand there.
//!
//! With `--features security` it has the security extension: profiles and keys that the central system changes, events
//! and logs, and certificates, which are kept in files;
//! it installs nothing that no ManufacturerRootCertificate stands behind, nor what is signed with a certificate that such a
//! root has revoked: its lists, in PEM, go into `certificates/revoked.pem` of `data_dir`, and are read at each update.
//! Its TLS is rustls, which offers ECDHE alone: both suites with ECDSA that the security whitepaper demands, and none with RSA
//! key exchange (`TLS_RSA_WITH_…`), which the whitepaper allows instead of them and which has no forward secrecy. A central
//! system must take both kinds; one that takes only RSA key exchange is not reached, and InvalidTLSCipherSuite is logged.
//!
//! With `--features signed-meter-values` its meters sign.

mod central_system;
#[cfg(feature = "security")]
mod certificates;
mod command;
mod config;
mod config_file;
mod connection;
mod control;
mod data_transfers;
mod diagnostics;
#[cfg(any(feature = "security", feature = "signed-meter-values"))]
mod durable;
mod evse;
mod files;
#[cfg(feature = "security")]
mod log_upload;
#[cfg(feature = "signed-meter-values")]
mod ocmf;
mod protocol;
mod random;
mod script;
#[cfg(feature = "security")]
mod security_events;
#[cfg(feature = "signed-meter-values")]
mod signed_meter;
#[cfg(feature = "security")]
mod signed_update;
mod socket;
mod station;
mod terminal;
mod tls;
mod trace;
mod update;
mod url;
mod view;

use central_system::CentralSystem;
use command::Operator;
use config::Config;
use config_file::{ConfigFile, OnReset};
use control::Control;
use embedded_ocpp::store::DirectoryStorage;
use evse::Evse;
use script::Script;
use station::End;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use terminal::{log_to_stderr, log_to_stdout};
use trace::{Log, Traffic};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        [] => demonstrate(),
        ["--config", file] => obey(Path::new(file)),
        [url] if url.starts_with("ws://") || url.starts_with("wss://") => visit(url),
        _ => Err("usage: charger [ws://host:port/path/ID | --config FILE]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("charger: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A session against a central system of our own.
fn demonstrate() -> Result<(), Box<dyn Error>> {
    let log = log_to_stdout();
    let traffic = Traffic::default();
    let central_system = CentralSystem::start()?;
    let flash = std::env::temp_dir().join(format!("embedded-ocpp-{}", std::process::id()));
    let config = Config::of_url(&central_system.url(), flash.clone())?;
    let evse = Evse::new(&config);
    let mut script = Script::new();
    log.note(&format!("central system at {}, flash in {}", central_system.url(), flash.display()));

    let outcome = operate(&config, OnReset::Reboot, &evse, &mut script, &log, &traffic);
    std::fs::remove_dir_all(&flash)?;
    outcome?;
    script.result()?;
    central_system.report()?.confirm(&evse, &traffic, &log)
}

/// A session against a central system elsewhere, and then whatever it wants.
fn visit(url: &str) -> Result<(), Box<dyn Error>> {
    let log = log_to_stdout();
    let mut config = Config::of_url(url, Default::default())?;
    config.data_dir = std::env::temp_dir().join(format!("embedded-ocpp-{}", config.file_name()));
    log.note(&format!("central system at {url}, flash in {}", config.data_dir.display()));
    let (evse, mut script) = (Evse::new(&config), Script::that_stays());
    operate(&config, OnReset::Reboot, &evse, &mut script, &log, &Traffic::default()).map(drop)
}

/// What another program wants.
fn obey(file: &Path) -> Result<(), Box<dyn Error>> {
    let ConfigFile { config, on_reset } = ConfigFile::read(file)?;
    let mut control = Control::of_stdin(config.connectors);
    control.ready();
    match operate(&config, on_reset, &Evse::new(&config), &mut control, &log_to_stderr(), &Traffic::default())? {
        End::Reset => control.exit("reset"),
        End::PowerCut => control.exit("power_cut"),
        End::Left | End::Updated => {}
    }
    Ok(())
}

/// Runs the charge point over its restarts, until the process has to end.
fn operate(
    config: &Config,
    on_reset: OnReset,
    evse: &Evse,
    operator: &mut dyn Operator,
    log: &Log,
    traffic: &Traffic,
) -> Result<End, Box<dyn Error>> {
    loop {
        let flash = DirectoryStorage::open(&config.data_dir)?;
        match (station::run(config, evse, operator, log, traffic, flash)?, on_reset) {
            (end @ End::Left, _) | (end @ (End::Reset | End::PowerCut), OnReset::Exit) => return Ok(end),
            (End::Updated, _) => log.note("restart with the new firmware"),
            (End::Reset | End::PowerCut, OnReset::Reboot) => log.note("restart"),
        }
    }
}
