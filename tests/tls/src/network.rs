//! The connection, as the security profile wants it.

use board::uart::{Receiver, Uart};
use charger_tls::Security;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_time::{Duration, with_timeout};
use embedded_io_async::Read;
use embedded_ocpp::facade::{EmbassyTimer, Runner};
use embedded_ocpp::store::FlashStorage;
use embedded_ocpp::transport::websocket::Options;

use crate::factory::Factory;
use crate::flash::{Chip, LEN, PAGE};
use crate::{Certificates, IDENTITY, Ocpp, today};

/// Configuration and the like: half of the chip. The transactions that the central system has not taken yet have the other.
const SETTINGS_LEN: u32 = 4 * PAGE as u32;
/// So long nothing comes when nothing is on the way.
const SILENCE: Duration = Duration::from_millis(200);

#[embassy_executor::task]
pub(crate) async fn run(
    ocpp: Ocpp,
    mut runner: Runner<'static, 'static, NoopRawMutex>,
    mut uart: Uart,
    chip: Chip,
    factory: &'static Factory,
    security: &'static Security,
    certificates: &'static Certificates,
) {
    let mut storage = FlashStorage::new(chip, 0..SETTINGS_LEN, SETTINGS_LEN..LEN as u32).expect("whole pages");
    let ended = runner
        .run(
            async |link| {
                let (credentials, today) = ocpp.with(|ocpp| (ocpp.credentials(), today(ocpp, factory)));
                let options = Options::new(factory.host, "/ocpp", IDENTITY);
                let options = credentials.password().map_or(options, |password| options.with_password(password));
                let (mut reader, writer) = uart.split();
                hush(&mut reader).await;
                let Some(trust) = certificates.trust(credentials.security_profile(), today)? else {
                    return link.websocket(&options, reader, writer).await;
                };
                let session = security.open(factory.host, (reader, writer), &trust, today).await;
                let mut session = certificates.opened(session)?;
                let (reader, writer) = session.split().await?;
                let closed = link.websocket(&options, reader, writer).await;
                session.close(closed).await
            },
            &mut storage,
            &EmbassyTimer,
        )
        .await;
    let Err(error) = ended;
    board::print(format_args!("{error}"));
    board::exit(Err(()))
}

/// Throws away what belongs to the connection before: a serial line has none of its own.
async fn hush(reader: &mut Receiver<'_>) {
    while with_timeout(SILENCE, reader.read(&mut [0; 64])).await.is_ok() {}
}
