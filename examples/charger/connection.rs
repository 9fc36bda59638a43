//! The WebSocket to the central system.

#[cfg(feature = "security")]
use crate::certificates::CertificateStore;
use crate::config::Config;
use crate::socket::Socket;
use crate::tls;
use crate::trace::Log;
#[cfg(feature = "security")]
use embedded_ocpp::ChargePoint;
use embedded_ocpp::time::Duration;
use embedded_ocpp::transport::websocket::{Options, WebSocket};
use rustls::ClientConfig;
use std::error::Error;
use std::sync::Arc;
use std::thread::sleep;

/// For the connection and the handshake.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For the closing handshake.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(300);
const PAUSE: std::time::Duration = std::time::Duration::from_millis(5);

pub(crate) type Link<'b> = WebSocket<'b, Socket, fn(&mut [u8])>;

/// Begins to open a connection.
pub(crate) fn open(link: &mut Link<'_>, config: &Config, access: &Access) -> Result<(), Box<dyn Error>> {
    let endpoint = config.endpoint(access.is_secure)?;
    let tls = if endpoint.is_secure { Some(access.tls(config)?) } else { None };
    let options = Options::new(endpoint.host, &endpoint.path, endpoint.identity);
    let options = access.password.as_deref().map_or(options, |password| options.with_password(password));
    link.open(Socket::connect(endpoint.address, tls), &options);
    Ok(())
}

/// What a connection is opened with.
pub(crate) struct Access {
    /// Over TLS whatever the URL says.
    is_secure: bool,
    password: Option<Vec<u8>>,
    /// With the certificates of the charge point, where it has some.
    tls: Option<Arc<ClientConfig>>,
}

impl Access {
    #[cfg(feature = "security")]
    pub(crate) fn new(ocpp: &ChargePoint<'_>, certificates: &CertificateStore<'_>) -> Result<Self, Box<dyn Error>> {
        let credentials = ocpp.credentials();
        let profile = credentials.security_profile();
        Ok(Self {
            is_secure: profile >= 2,
            password: credentials.password().map(<[u8]>::to_vec),
            tls: certificates.client(profile >= 3)?,
        })
    }

    #[cfg(not(feature = "security"))]
    pub(crate) fn new(config: &Config) -> Self {
        Self { is_secure: false, password: config.password(), tls: None }
    }

    fn tls(&self, config: &Config) -> Result<Arc<ClientConfig>, Box<dyn Error>> {
        self.tls.clone().map_or_else(|| tls::client(config.ca_file.as_deref()), Ok)
    }
}

/// Takes leave of the central system, if it has a moment.
pub(crate) fn close(link: &mut Link<'_>, log: &Log) {
    let deadline = log.now() + CLOSE_TIMEOUT;
    while link.poll_close().is_pending() && log.now() < deadline {
        sleep(PAUSE);
    }
}
