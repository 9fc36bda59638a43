//! The WebSocket to the central system.

use crate::config::Config;
use crate::random;
use crate::socket::Socket;
use crate::tls;
use crate::trace::Log;
use embedded_ocpp::time::Duration;
use embedded_ocpp::transport::Loopback;
use embedded_ocpp::transport::websocket::{Options, WebSocket};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread::sleep;

/// For the connection and the handshake.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For the closing handshake.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(300);
const PAUSE: std::time::Duration = std::time::Duration::from_millis(5);

type Link<'b> = WebSocket<'b, Socket, fn(&mut [u8])>;

pub(crate) async fn open<'b>(
    config: &Config,
    read: &'b mut [u8],
    write: &'b mut [u8],
) -> Result<Link<'b>, Box<dyn std::error::Error>> {
    let endpoint = config.endpoint()?;
    let tls = if endpoint.is_secure { Some(tls::client(config.ca_file.as_deref())?) } else { None };
    let socket = Socket::connect(endpoint.address, tls).await?;
    let password = config.password();
    let options = Options::new(endpoint.host, &endpoint.path, endpoint.identity);
    let options = password.as_deref().map_or(options, |password| options.with_password(password));
    Ok(WebSocket::connect(socket, &options, read, write, random::fill as fn(&mut [u8])).await?)
}

/// Takes leave of the central system, if it has a moment.
pub(crate) fn close(link: Link<'_>, log: &Log) {
    let deadline = log.now() + CLOSE_TIMEOUT;
    let mut closing = pin!(link.close());
    while poll_once(&mut closing).is_pending() && log.now() < deadline {
        sleep(PAUSE);
    }
}

/// The transport while there is no connection.
pub(crate) fn nowhere() -> Loopback<1> {
    Loopback::new()
}

pub(crate) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::pin::Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}
