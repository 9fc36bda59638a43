//! The WebSocket to the central system.

use crate::config::Config;
use crate::socket::Socket;
use crate::tls;
use crate::trace::Log;
use embedded_ocpp::ChargePoint;
use embedded_ocpp::time::Duration;
use embedded_ocpp::transport::websocket::{Options, WebSocket};
use std::thread::sleep;

/// For the connection and the handshake.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For the closing handshake.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(300);
const PAUSE: std::time::Duration = std::time::Duration::from_millis(5);

pub(crate) type Link<'b> = WebSocket<'b, Socket, fn(&mut [u8])>;

/// Begins to open a connection.
pub(crate) fn open(
    link: &mut Link<'_>,
    config: &Config,
    ocpp: &ChargePoint<'_>,
) -> Result<(), Box<dyn std::error::Error>> {
    let access = access(config, ocpp);
    let endpoint = config.endpoint(access.is_secure)?;
    let tls = if endpoint.is_secure { Some(tls::client(config.ca_file.as_deref())?) } else { None };
    let options = Options::new(endpoint.host, &endpoint.path, endpoint.identity);
    let options = access.password.as_deref().map_or(options, |password| options.with_password(password));
    link.open(Socket::connect(endpoint.address, tls), &options);
    Ok(())
}

/// What a connection is opened with.
struct Access {
    /// Over TLS whatever the URL says.
    is_secure: bool,
    password: Option<Vec<u8>>,
}

#[cfg(feature = "security")]
fn access(_: &Config, ocpp: &ChargePoint<'_>) -> Access {
    let credentials = ocpp.credentials();
    Access { is_secure: credentials.security_profile() >= 2, password: credentials.password().map(<[u8]>::to_vec) }
}

#[cfg(not(feature = "security"))]
fn access(config: &Config, _: &ChargePoint<'_>) -> Access {
    Access { is_secure: false, password: config.password() }
}

/// Takes leave of the central system, if it has a moment.
pub(crate) fn close(link: &mut Link<'_>, log: &Log) {
    let deadline = log.now() + CLOSE_TIMEOUT;
    while link.poll_close().is_pending() && log.now() < deadline {
        sleep(PAUSE);
    }
}
