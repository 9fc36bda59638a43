//! The TLS session, and what it means when there is none.

use core::cell::Cell;

use embedded_io_async::{ErrorType, Read};
use embedded_ocpp::transport::ConnectFailure;
use mbedtls_rs::sys::{
    MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE, MBEDTLS_ERR_X509_CERT_VERIFY_FAILED, MBEDTLS_ERR_X509_FATAL_ERROR,
    MBEDTLS_X509_BADCERT_CN_MISMATCH, MBEDTLS_X509_BADCERT_EXPIRED, MBEDTLS_X509_BADCERT_FUTURE,
    MBEDTLS_X509_BADCERT_NOT_TRUSTED,
};
use mbedtls_rs::{
    Certificate, ClientSessionConfig, Credentials, PrivateKey, Session, SessionConfig, SessionError, TlsReference, X509,
};

use crate::factory::{Factory, Identity};
use crate::line::Line;

/// A session with a server that is trusted.
pub(crate) async fn open<'t>(
    tls: TlsReference<'t>,
    line: Line<'t>,
    factory: &Factory,
) -> Result<Session<'t, Line<'t>>, ConnectFailure> {
    let config = config(factory).map_err(|_| ConnectFailure::Setup)?;
    let mut session = Session::new(tls, line, &config).map_err(|_| ConnectFailure::Setup)?;
    let Err(error) = session.connect().await else { return Ok(session) };
    if is(error, MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) {
        print_distrust(session.tls_verification_details());
    }
    Err(failure(error, session.stream().beginning()))
}

fn config(factory: &Factory) -> Result<SessionConfig<'static>, SessionError> {
    let credentials = |identity: &Identity| {
        let certificate = Certificate::new_no_copy(identity.certificate)?;
        Ok::<_, SessionError>(Credentials { certificate, private_key: PrivateKey::new(X509::DER(identity.key), None)? })
    };
    Ok(SessionConfig::Client(ClientSessionConfig {
        ca_chain: Some(Certificate::new_no_copy(factory.root)?),
        creds: factory.identity.as_ref().map(credentials).transpose()?,
        server_name: Some(factory.host),
        ..ClientSessionConfig::new()
    }))
}

fn failure(error: SessionError, beginning: [u8; 7]) -> ConnectFailure {
    const ALERT: u8 = 21;
    const PROTOCOL_VERSION: u8 = 70;
    // The second when nobody knows the date.
    if is(error, MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) || is(error, MBEDTLS_ERR_X509_FATAL_ERROR) {
        return ConnectFailure::ServerCertificate;
    }
    if !is(error, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
        return ConnectFailure::Tls;
    }
    // Mbed TLS does not pass on which alert it was. One that is the first thing the server says is about what we have
    // offered; a later one about what we have shown.
    match beginning {
        [ALERT, .., PROTOCOL_VERSION] => ConnectFailure::TlsVersion,
        [ALERT, ..] => ConnectFailure::TlsCipherSuite,
        _ => ConnectFailure::ClientCertificate,
    }
}

fn is(error: SessionError, code: i32) -> bool {
    matches!(error, SessionError::MbedTls(error) if error.code() == code)
}

fn print_distrust(flags: u32) {
    for (flag, why) in [
        (MBEDTLS_X509_BADCERT_EXPIRED, "expired"),
        (MBEDTLS_X509_BADCERT_FUTURE, "not yet valid"),
        (MBEDTLS_X509_BADCERT_CN_MISMATCH, "another name"),
        (MBEDTLS_X509_BADCERT_NOT_TRUSTED, "not signed by the root"),
    ] {
        if flags & flag != 0 {
            board::print(format_args!("certificate: {why}"));
        }
    }
}

/// The reading half of a session, which notes when the server ends it with an alert.
pub(crate) struct Watched<'w, R> {
    pub(crate) reader: R,
    pub(crate) is_refused: &'w Cell<bool>,
}

impl<R: ErrorType> ErrorType for Watched<'_, R> {
    type Error = R::Error;
}

impl<R: Read<Error = SessionError>> Read for Watched<'_, R> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, SessionError> {
        let result = self.reader.read(buffer).await;
        if result.is_err_and(|error| is(error, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)) {
            self.is_refused.set(true);
        }
        result
    }
}
