//! A session, and what it means when there is none.

use core::cell::Cell;

use embedded_io_async::{ErrorType, Read, Write};
use embedded_ocpp::transport::ConnectFailure;
use mbedtls_rs::SessionError;
use mbedtls_rs::sys::{
    MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE, MBEDTLS_ERR_X509_CERT_VERIFY_FAILED, MBEDTLS_ERR_X509_FATAL_ERROR,
    MBEDTLS_X509_BADCERT_CN_MISMATCH, MBEDTLS_X509_BADCERT_EXPIRED, MBEDTLS_X509_BADCERT_FUTURE,
    MBEDTLS_X509_BADCERT_NOT_TRUSTED,
};

use crate::line::Line;

/// A session with a server that is trusted. It is read and written as a whole, or in two halves.
pub struct Session<'t, R: Read, W: Write<Error = R::Error>> {
    inner: mbedtls_rs::Session<'t, Line<R, W>>,
    /// The server has ended it with an alert.
    is_refused: Cell<bool>,
}

impl<'t, R: Read, W: Write<Error = R::Error>> Session<'t, R, W> {
    /// What is `tolerated` of a certificate are flags of Mbed TLS.
    pub(crate) async fn begin(
        mut inner: mbedtls_rs::Session<'t, Line<R, W>>,
        tolerated: u32,
        on_distrust: fn(&'static str),
    ) -> Result<Self, ConnectFailure> {
        let result = inner.connect().await;
        let distrust = inner.tls_verification_details() & !tolerated;
        match result {
            // Nothing was said yet that this server may not know.
            Ok(()) if distrust != 0 => {
                tell(distrust, on_distrust);
                let _ = inner.close().await; // with the connection it ends anyway
                Err(ConnectFailure::ServerCertificate)
            }
            Ok(()) => Ok(Self { inner, is_refused: Cell::new(false) }),
            Err(error) => {
                if is(error, MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) {
                    tell(distrust, on_distrust);
                }
                Err(failure(error, inner.stream().beginning()))
            }
        }
    }

    /// The halves that `Link::websocket` takes.
    ///
    /// # Errors
    /// [`ConnectFailure::Tls`].
    pub async fn split(&mut self) -> Result<(impl Read + '_, impl Write + '_), ConnectFailure> {
        let (reader, writer) = self.inner.split().await.map_err(|_| ConnectFailure::Tls)?;
        Ok((Watched { reader, is_refused: &self.is_refused }, writer))
    }

    /// Ends it, and passes on how the connection ended, which it may know better.
    pub async fn close<C>(mut self, closed: Result<C, ConnectFailure>) -> Result<C, ConnectFailure> {
        let _ = self.inner.close().await; // with the connection it ends anyway
        // With TLS 1.3 the server looks at our certificate when we are done with the handshake already.
        closed.map_err(|why| if self.is_refused.get() { ConnectFailure::ClientCertificate } else { why })
    }
}

impl<R: Read, W: Write<Error = R::Error>> ErrorType for Session<'_, R, W> {
    type Error = SessionError;
}

impl<R: Read, W: Write<Error = R::Error>> Read for Session<'_, R, W> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, SessionError> {
        self.inner.read(buffer).await
    }
}

impl<R: Read, W: Write<Error = R::Error>> Write for Session<'_, R, W> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, SessionError> {
        self.inner.write(bytes).await
    }

    async fn flush(&mut self) -> Result<(), SessionError> {
        self.inner.flush().await
    }
}

/// The reading half, which notes when the server ends the session with an alert.
struct Watched<'w, R> {
    reader: R,
    is_refused: &'w Cell<bool>,
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

fn tell(flags: u32, on_distrust: fn(&'static str)) {
    for (flag, why) in [
        (MBEDTLS_X509_BADCERT_EXPIRED, "expired"),
        (MBEDTLS_X509_BADCERT_FUTURE, "not yet valid"),
        (MBEDTLS_X509_BADCERT_CN_MISMATCH, "another name"),
        (MBEDTLS_X509_BADCERT_NOT_TRUSTED, "not signed by the root"),
    ] {
        if flags & flag != 0 {
            on_distrust(why);
        }
    }
}
