//! WiFi, DHCP, DNS, TCP.

use crate::settings;
use embassy_executor::Spawner;
use embassy_net::dns::DnsQueryType;
use embassy_net::tcp::{ConnectError, TcpSocket};
use embassy_net::{Config, Runner, Stack, StackResources};
use embassy_time::{Duration, Timer, with_timeout};
use embedded_ocpp::transport::ConnectFailure;
use esp_hal::peripherals::WIFI;
use esp_radio::wifi::sta::StationConfig;
use esp_radio::wifi::{AuthenticationMethodConfig, Config as Wifi, ControllerConfig, Interface, WifiController};
use static_cell::StaticCell;

/// A connection without a sign of life is over after this time.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Of the buffer of a connection to send from. A handshake of TLS comes in up to so many bytes at once, and with less than
/// that it may stall.
pub const SEND_LEN: usize = if cfg!(feature = "tls") { 4096 } else { 2048 };

/// What DHCP is given.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(20);

/// Starts the radio and the network; its address comes from DHCP.
pub fn start(spawner: Spawner, radio: WIFI<'static>, seed: u64) -> Stack<'static> {
    static RESOURCES: StaticCell<StackResources<4>> = StaticCell::new();
    let resources = RESOURCES.init(StackResources::new());
    let controller = WifiController::new(radio, ControllerConfig::default()).expect("the heap is large enough");
    let (stack, runner) = embassy_net::new(Interface::station(), Config::dhcpv4(Default::default()), resources, seed);
    spawner.spawn(join(controller).expect("spawned once"));
    spawner.spawn(run(runner).expect("spawned once"));
    stack
}

/// Joins the access point, again whenever it is lost.
#[embassy_executor::task]
async fn join(mut controller: WifiController<'static>) {
    let ssid = settings::SSID.try_into().expect("at most 32 bytes");
    let station = StationConfig::default().with_ssid(ssid).with_authentication(match settings::PASSWORD {
        Some(password) => AuthenticationMethodConfig::Wpa2Personal(password.try_into().expect("at most 64 bytes")),
        None => AuthenticationMethodConfig::Open,
    });
    controller.set_config(&Wifi::Station(station)).expect("the settings are valid");
    loop {
        match controller.connect_async().await {
            Ok(_) => drop(controller.wait_for_disconnect_async().await),
            Err(error) => defmt::warn!("access point: {}", defmt::Debug2Format(&error)),
        }
        Timer::after_secs(5).await;
    }
}

#[embassy_executor::task]
async fn run(mut runner: Runner<'static, Interface>) -> ! {
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
