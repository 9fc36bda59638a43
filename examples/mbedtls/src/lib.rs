//! TLS under the WebSocket of a charger: Mbed TLS over the two halves of a socket.
//!
//! Every firmware that has it does the same, so it is here once. `.ci/tls` runs it in QEMU against OpenSSL, with good
//! certificates and with bad ones. What differs is the firmware's: whom it trusts, what date it believes, and its generator
//! of random numbers. It needs a global allocator, and 20 KiB of heap for each session.
//!
//! With the feature `certificates` there is a [`CertificateStore`], for a central system that installs and signs
//! certificates.
#![no_std]

#[cfg(feature = "certificates")]
extern crate alloc;

#[cfg(feature = "certificates")]
mod certificates;
mod clock;
#[cfg(feature = "libc")]
mod libc;
mod line;
mod random;
mod session;
#[cfg(feature = "certificates")]
mod x509;

use core::ffi::CStr;

use embedded_io_async::{Read, Write};
use embedded_ocpp::time::DateTime;
use embedded_ocpp::transport::ConnectFailure;
use mbedtls_rs::{
    AuthMode, Certificate, ClientSessionConfig, Credentials, PrivateKey, SessionConfig, SessionError, Tls, X509,
};
use tinyrlibc as _;

#[cfg(feature = "certificates")]
pub use certificates::{CertificateStore, First, UpdateVerifier};
use line::Line;
pub use session::Session;

/// Whom a charger trusts, and who it is.
pub struct Trust<'c> {
    root: Certificate<'c>,
    credentials: Option<Credentials<'c>>,
}

impl<'c> Trust<'c> {
    /// `root` is the certificate of the one who signs those of servers, in DER; `identity` is for servers that ask the charger
    /// to prove who it is.
    ///
    /// # Errors
    /// [`ConnectFailure::Setup`] when these are no certificates and keys.
    pub fn new(root: &'c [u8], identity: Option<Identity<'c>>) -> Result<Self, ConnectFailure> {
        let root = Certificate::new_no_copy(root);
        let credentials = identity.map(|Identity { certificate, key }| {
            let certificate = Certificate::new_no_copy(certificate)?;
            let private_key = PrivateKey::new(X509::DER(key), None)?;
            Ok::<_, SessionError>(Credentials { certificate, private_key })
        });
        let setup = |_| ConnectFailure::Setup;
        Ok(Self { root: root.map_err(setup)?, credentials: credentials.transpose().map_err(setup)? })
    }
}

/// What a charger proves with who it is, in DER.
pub struct Identity<'c> {
    pub certificate: &'c [u8],
    /// It goes with that certificate.
    pub key: &'c [u8],
}

/// What the dates of certificates are held against.
#[derive(Clone, Copy)]
pub struct Today {
    /// What the central system has told, or a clock with a battery.
    pub date: Option<DateTime>,
    /// One that is past for certain: that of the build, or the last one that was known. A `date` before it is not believed.
    pub floor: Option<DateTime>,
}

/// Opens TLS sessions. There is one for the whole program.
pub struct Security {
    tls: Tls<'static>,
    on_distrust: fn(&'static str),
}

impl Security {
    /// `random` is a true generator, and safe to be called from anywhere. `on_distrust` is told, in words for the log, why a
    /// certificate is not to be trusted.
    ///
    /// # Panics
    /// When there is one already: Mbed TLS has one generator and one clock.
    pub fn new(random: fn() -> u32, on_distrust: fn(&'static str)) -> Self {
        clock::start();
        Self { tls: Tls::new(random::generator(random)).expect("the only one"), on_distrust }
    }

    /// What certificates are held against from now on.
    ///
    /// While there is no date, a certificate that was over at the floor is refused, and one that begins after it is not: it
    /// may have been renewed since. Without a floor either nobody is trusted.
    pub fn set_today(&self, today: Today) {
        clock::set(today);
    }

    /// Until a certificate comes that is to be held against the date: it waits three seconds for it to be
    /// [told](Self::set_today), as what was known at the dial may be older than the connection.
    #[cfg(feature = "certificates")]
    pub async fn date_wanted(&self) {
        clock::WANTED.wait().await;
    }

    /// Opens a session over a connection to `server`, a host with or without a port.
    ///
    /// # Errors
    /// Why there is no session, as `connect` returns it.
    pub async fn open<'s, R: Read, W: Write<Error = R::Error>>(
        &'s self,
        server: &str,
        (reader, writer): (R, W),
        trust: &Trust<'s>,
        today: Today,
    ) -> Result<Session<'s, R, W>, ConnectFailure> {
        clock::set(today);
        let tolerated = clock::tolerated();
        let config = SessionConfig::Client(ClientSessionConfig {
            ca_chain: Some(trust.root.clone()),
            // Mbed TLS itself tolerates all or nothing.
            auth_mode: if tolerated == 0 { AuthMode::Required } else { AuthMode::Optional },
            creds: trust.credentials.clone(),
            ..ClientSessionConfig::new()
        });
        let session = mbedtls_rs::Session::new(self.tls.reference(), Line::new(reader, writer), &config);
        let mut session = session.map_err(|_| ConnectFailure::Setup)?;
        name(server, |host| session.set_server_name(host)).ok_or(ConnectFailure::Setup)?;
        Session::begin(session, tolerated, self.on_distrust).await
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
