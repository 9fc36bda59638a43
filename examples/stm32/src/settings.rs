//! What differs from charger to charger, from the environment of the build: no credentials in the source.

use embedded_ocpp::transport::websocket::Options;

/// Host of the central system, with its port if that is not 80.
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
    None => "STM32",
};

/// The central system, and who we are there.
pub fn options() -> Options<'static> {
    let options = Options::new(SERVER, PATH, IDENTITY);
    match option_env!("OCPP_KEY") {
        Some(key) => options.with_password(key.as_bytes()),
        None => options,
    }
}
