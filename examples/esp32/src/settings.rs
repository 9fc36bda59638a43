//! What differs from charger to charger, from the environment of the build: no credentials in the source.

use embedded_ocpp::transport::websocket::Options;
#[cfg(feature = "tls")]
use {
    crate::connector::Ocpp,
    charger_tls::{Today, Trust},
    embedded_ocpp::time::DateTime,
    embedded_ocpp::transport::ConnectFailure,
};

/// Host of the central system, with its port if that is not 80, or 443 with TLS.
pub const SERVER: &str = match option_env!("OCPP_SERVER") {
    Some(server) => server,
    None => "csms.example.com",
};

const PATH: &str = match option_env!("OCPP_PATH") {
    Some(path) => path,
    None => "/ocpp",
};

const IDENTITY: &str = match option_env!("OCPP_IDENTITY") {
    Some(identity) => identity,
    None => "ESP32",
};

/// The name of the access point.
pub const SSID: &str = match option_env!("WIFI_SSID") {
    Some(ssid) => ssid,
    None => "garage",
};

/// Its password (WPA2), none for an open one.
pub const PASSWORD: Option<&str> = option_env!("WIFI_PASSWORD");

/// The central system, and who we are there.
pub fn options() -> Options<'static> {
    let options = Options::new(SERVER, PATH, IDENTITY);
    match option_env!("OCPP_KEY") {
        Some(key) => options.with_password(key.as_bytes()),
        None => options,
    }
}

/// Whom we trust: the one in `root.der`. Behind it comes a certificate of our own, if the server asks for one.
#[cfg(feature = "tls")]
pub fn trust() -> Result<Trust<'static>, ConnectFailure> {
    Trust::new(include_bytes!("../root.der"), None)
}

#[cfg(feature = "tls")]
pub fn distrusted(why: &'static str) {
    defmt::warn!("certificate of the server: {}", why);
}

#[cfg(feature = "tls")]
const BUILT: DateTime = DateTime::from_unix(match u32::from_str_radix(env!("BUILT"), 10) {
    Ok(seconds) => seconds,
    Err(_) => panic!("SOURCE_DATE_EPOCH is in seconds since 1970"),
});

/// What certificates are held against: the date of the central system, once there was a connection.
#[cfg(feature = "tls")]
pub fn today(ocpp: Ocpp<'_, '_>) -> Today {
    ocpp.with(|ocpp| Today { date: ocpp.date_time(), floor: ocpp.last_known_date().max(Some(BUILT)) })
}
