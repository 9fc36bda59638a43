//! The page of the guide for those who come from ArduinoOcpp or MicroOcpp: each name that was public there has a row,
//! and what the row names exists here.

use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../src/guide/migration.md");

/// All names of `MicroOcpp.h` 1.2, `MicroOcpp_c.h` and `ArduinoOcpp.h` 0.3.0 and before.
const NAMES: &str = "
mocpp_initialize ocpp_initialize ChargerCredentials v201 ProtocolVersion autoRecover
mocpp_deinitialize ocpp_deinitialize mocpp_loop ocpp_loop

beginTransaction beginTransaction_authorized endTransaction endTransaction_authorized
isTransactionActive isTransactionRunning getTransactionIdTag getTransaction
getTransactionId isAuthorized isIdTagDeauthorized isRunning isActive isAborted isCompleted getIdTag setIdTag
ParentIdTag BeginTimestamp ReservationId MeterStart MeterStop StartTimestamp StopTimestamp StartBootNr StopBootNr
StopIdTag StopReason isSilent getTxNr commit
getTransactionV201 ocppPermitsCharge getChargePointStatus ocpp_tx_ ao_tx_ ocpp_tx_setMeterStop

setConnectorPluggedInput setEnergyMeterInput setPowerMeterInput
setSmartChargingPowerOutput setSmartChargingCurrentOutput setSmartChargingOutput
setEvReadyInput setEvseReadyInput addErrorCodeInput addErrorDataInput addMeterValueInput SampledValueSampler
setOccupiedInput setStartTxReadyInput setStopTxReadyInput setTxNotificationOutput setOnUnlockConnectorInOut

isOperative setOnResetNotify setOnResetExecute
getFirmwareService setBuildNumber setDownloadFileWriter setFtpServerCert setOnDownload setDownloadStatusInput
setOnInstall setInstallationStatusInput getFirmwareStatus
getDiagnosticsService setRefreshFilename setDiagnosticsReader setOnUpload setOnUploadStatusInput getDiagnosticsStatus
setCertificateStore getCertificateIds deleteCertificate installCertificate
getOcppContext getClock setTime
setOnReceiveRequest setOnSendConf sendRequest setRequestHandler authorize startTransaction stopTransaction
declareConfiguration registerConfigurationValidator addConfigurationContainer configuration_save configuration_load
mocpp_set_console_out mocpp_set_timer mocpp_set_rng ao_set_console_out ao_set_timer
Connection loop sendTXT setReceiveTXTcallback getLastConnected isConnected getLastRecv
FilesystemAdapter stat open remove ftw_root FileAdapter read write seek
ocpp_initialize_full ocpp_initialize_full2 ocpp_is_initialized
ocpp_addMeterValueInputFloat ocpp_addMeterValueInputIntTx ocpp_ ao_

OCPP_initialize OCPP_loop OCPP_deinitialize bootNotification
setPowerActiveImportSampler setEnergyActiveImportSampler setEvRequestsEnergySampler setConnectorEnergizedSampler
setConnectorPluggedSampler addConnectorErrorCodeSampler setOnChargingRateLimitChange setOnUnlockConnector
setOnSetChargingProfileRequest setOnRemoteStartTransactionSendConf setOnRemoteStopTransactionSendConf
setOnRemoteStopTransactionReceiveReq setOnResetSendConf setOnResetReceiveReq setOnResetRequest
existsUnboundIdTag isAvailable isBlockedByReservation
";

/// Both columns of each row of the migration tables.
fn rows() -> Vec<(&'static str, &'static str)> {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    rows.filter(|row| *row != ("there", "here")).collect()
}

/// The words of the text that stand in backticks.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).flat_map(|code| code.split(|c: char| !c.is_alphanumeric() && c != '_'))
}

#[test]
fn each_name_of_the_peer_has_a_row() {
    let rows = rows();
    let missing: Vec<_> = NAMES
        .split_whitespace()
        .filter(|name| !rows.iter().any(|(there, _)| names(there).any(|other| other == *name)))
        .collect();
    assert!(missing.is_empty(), "no row for {missing:?}");
}

#[test]
fn each_row_names_what_to_use_or_says_why_there_is_nothing() {
    for (there, here) in rows() {
        let says_why = here.strip_prefix("none").is_some_and(|why| why.contains(": "));
        assert!(says_why || names(here).any(|name| name.len() > 1), "{there}: {here}");
    }
}

#[test]
fn what_a_row_names_is_in_the_public_interface() {
    let mut source = String::new();
    read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut source);
    let mut missing = Vec::new();
    for (there, here) in rows() {
        // What is in parentheses or behind an equals sign of code are arguments.
        for code in here.split('`').skip(1).step_by(2).filter(|code| !code.contains('/')) {
            let called = code.split(['(', '{']).next().unwrap_or(code);
            let ours = called.split("::").filter(|name| !NOT_OURS.contains(name));
            missing.extend(ours.filter(|name| !is_public(&source, name)).map(|name| (there, name)));
        }
    }
    assert!(missing.is_empty(), "not public here: {missing:#?}");
}

/// Arguments, features, and the words of others.
const NOT_OURS: &[&str] = &["None", "now", "id", "user_data", "defmt", "websocket", ""];

/// A function, a type, an enum of the macro for them, or a field.
fn is_public(source: &str, name: &str) -> bool {
    let name = name.split_once("().").map_or(name, |(name, _)| name).trim();
    let kinds = ["pub fn ", "pub const fn ", "pub struct ", "pub enum ", "pub trait ", "pub mod ", "async fn ", "fn "];
    let ends = ["(", "<", " ", ";", "{"];
    let declarations = kinds.iter().flat_map(|kind| ends.iter().map(move |end| format!("{kind}{name}{end}")));
    let others = [format!("\n    pub {name}: "), format!("\n    {name} {{\n"), format!("pub const {name}: ")];
    declarations.chain(others).any(|declaration| source.contains(&declaration))
}

fn read(folder: &Path, source: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder of the sources") {
        let path = entry.expect("an entry of it").path();
        if path.is_dir() {
            read(&path, source);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            source.push_str(&fs::read_to_string(path).expect("a source file"));
        }
    }
}
