//! Ethernet, DHCP, DNS, TCP.

use crate::board::Network;
use embassy_executor::Spawner;
use embassy_net::dns::DnsQueryType;
use embassy_net::tcp::{ConnectError, TcpSocket};
use embassy_net::{Config, Runner, Stack, StackResources};
use embassy_time::{Duration, with_timeout};
use embedded_ocpp::transport::ConnectFailure;
use static_cell::StaticCell;

/// A connection without a sign of life is over after this time.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Of the buffer of a connection to send from. A handshake of TLS comes in up to so many bytes at once, and with less than
/// that it may stall.
pub const SEND_LEN: usize = if cfg!(feature = "tls") { 4096 } else { 2048 };

/// What DHCP is given.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(20);

/// Starts the network; its address comes from DHCP.
pub fn start(spawner: Spawner, network: Network, seed: u64) -> Stack<'static> {
    static RESOURCES: StaticCell<StackResources<4>> = StaticCell::new();
    let resources = RESOURCES.init(StackResources::new());
    let (stack, runner) = embassy_net::new(network, Config::dhcpv4(Default::default()), resources, seed);
    spawner.spawn(run(runner).expect("spawned once"));
    stack
}

#[embassy_executor::task]
async fn run(mut runner: Runner<'static, Network>) -> ! {
    runner.run().await
}

/// Where the server names none.
const PORT: u16 = if cfg!(feature = "tls") { 443 } else { 80 };

/// The host and the port of `server`, which may name no port.
pub fn address(server: &str) -> Result<(&str, u16), ConnectFailure> {
    match server.split_once(':') {
        Some((host, port)) => Ok((host, port.parse().map_err(|_| ConnectFailure::Setup)?)),
        None => Ok((server, PORT)),
    }
}

/// A connection to this port of a host.
pub async fn dial<'b>(
    stack: Stack<'static>,
    (host, port): (&str, u16),
    receive: &'b mut [u8],
    send: &'b mut [u8],
) -> Result<TcpSocket<'b>, ConnectFailure> {
    with_timeout(ADDRESS_TIMEOUT, stack.wait_config_up()).await.map_err(|_| ConnectFailure::NoNetwork)?;
    let addresses = stack.dns_query(host, DnsQueryType::A).await.map_err(|_| ConnectFailure::UnknownHost)?;
    let address = *addresses.first().ok_or(ConnectFailure::UnknownHost)?;
    let mut socket = TcpSocket::new(stack, receive, send);
    socket.set_timeout(Some(TIMEOUT));
    socket.connect((address, port)).await.map_err(|error| match error {
        ConnectError::ConnectionReset => ConnectFailure::Refused,
        ConnectError::NoRoute => ConnectFailure::NoNetwork,
        ConnectError::TimedOut => ConnectFailure::NoAnswer,
        ConnectError::InvalidState => ConnectFailure::Other,
    })?;
    Ok(socket)
}
