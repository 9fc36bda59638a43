//! TLS under the WebSocket of a charger: Mbed TLS over the two halves of a socket.
//!
//! Every firmware that has it does the same, so it is here once. `.ci/tls` runs it in QEMU against OpenSSL, with good
//! certificates and with bad ones. What differs is the firmware's: whom it trusts, what date it believes, and its generator
//! of random numbers. It needs a global allocator, and 20 KiB of heap for each session.
#![no_std]

mod clock;
#[cfg(feature = "libc")]
mod libc;
mod line;
mod random;
mod session;

use core::ffi::CStr;

use embedded_io_async::{Read, Write};
use embedded_ocpp::time::DateTime;
use embedded_ocpp::transport::ConnectFailure;
use mbedtls_rs::sys::MBEDTLS_X509_BADCERT_FUTURE;
use mbedtls_rs::{
    AuthMode, Certificate, ClientSessionConfig, Credentials, PrivateKey, SessionConfig, SessionError, Tls, X509,
};
use tinyrlibc as _;

use line::Line;
pub use session::Session;

/// Whom a charger trusts, and who it is. All certificates are in DER.
pub struct Trust {
    /// The certificate of the one who signs those of servers.
    pub root: &'static [u8],
    /// For servers that ask the charger to prove who it is.
    pub identity: Option<Identity>,
    /// Is told, in words for the log, why a certificate is not to be trusted.
    pub on_distrust: fn(&'static str),
}

/// What a charger proves with who it is.
pub struct Identity {
    pub certificate: &'static [u8],
    /// It goes with that certificate.
    pub key: &'static [u8],
}

/// What the dates of certificates are held against.
pub struct Today {
    /// What the central system has told, or a clock with a battery.
    pub date: Option<DateTime>,
    /// One that is past for certain: that of the build, or the last one that was known. A `date` before it is not believed.
    pub floor: Option<DateTime>,
}

/// Opens TLS sessions. There is one for the whole program.
pub struct Security {
    tls: Tls<'static>,
    trust: Trust,
}

impl Security {
    /// `random` is a true generator, and safe to be called from anywhere.
    ///
    /// # Panics
    /// When there is one already: Mbed TLS has one generator and one clock.
    pub fn new(trust: Trust, random: fn() -> u32) -> Self {
        clock::start();
        Self { tls: Tls::new(random::generator(random)).expect("the only one"), trust }
    }

    /// Opens a session over a connection to `server`, a host with or without a port.
    ///
    /// While there is no date, a certificate that was over at the floor is refused, and one that begins after it is not: it
    /// may have been renewed since. Without a floor either nobody is trusted.
    ///
    /// # Errors
    /// Why there is no session, as `connect` returns it.
    pub async fn open<R: Read, W: Write<Error = R::Error>>(
        &self,
        server: &str,
        (reader, writer): (R, W),
        Today { date, floor }: Today,
    ) -> Result<Session<'_, R, W>, ConnectFailure> {
        let date = date.filter(|date| Some(*date) >= floor);
        clock::set(date.or(floor));
        let tolerated = if date.is_none() { MBEDTLS_X509_BADCERT_FUTURE } else { 0 };
        let config = self.config(tolerated).map_err(|_| ConnectFailure::Setup)?;
        let session = mbedtls_rs::Session::new(self.tls.reference(), Line::new(reader, writer), &config);
        let mut session = session.map_err(|_| ConnectFailure::Setup)?;
        name(server, |host| session.set_server_name(host)).ok_or(ConnectFailure::Setup)?;
        Session::begin(session, tolerated, self.trust.on_distrust).await
    }

    fn config(&self, tolerated: u32) -> Result<SessionConfig<'static>, SessionError> {
        let credentials = |identity: &Identity| {
            let certificate = Certificate::new_no_copy(identity.certificate)?;
            let private_key = PrivateKey::new(X509::DER(identity.key), None)?;
            Ok::<_, SessionError>(Credentials { certificate, private_key })
        };
        Ok(SessionConfig::Client(ClientSessionConfig {
            ca_chain: Some(Certificate::new_no_copy(self.trust.root)?),
            // Mbed TLS itself tolerates all or nothing.
            auth_mode: if tolerated == 0 { AuthMode::Required } else { AuthMode::Optional },
            creds: self.trust.identity.as_ref().map(credentials).transpose()?,
            ..ClientSessionConfig::new()
        }))
    }
}

/// Hands over the name that the certificate of the server must have.
fn name(server: &str, set: impl FnOnce(&CStr) -> Result<(), SessionError>) -> Option<()> {
    const LEN_MAX: usize = 253; // of a name in the DNS
    let (host, _) = server.split_once(':').unwrap_or((server, ""));
    let mut text = [0; LEN_MAX + 1];
    text[..LEN_MAX].get_mut(..host.len())?.copy_from_slice(host.as_bytes());
    set(CStr::from_bytes_until_nul(&text).ok()?).ok()
}
