//! TLS as a client: who is trusted.

use embedded_ocpp::transport::ConnectFailure;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ConfigBuilder, RootCertStore, StreamOwned, WantsVerifier};
use std::error::Error;
use std::io;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

/// A PEM file of certificates.
pub(crate) fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Box<dyn Error>> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|error| format!("{}: {error}", file.display()))?;
    if certificates.is_empty() { Err(format!("{}: no certificate", file.display()).into()) } else { Ok(certificates) }
}

/// Trusts those of the file, or the usual ones of the web.
pub(crate) fn client(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(file) => certificates(file)?.into_iter().try_for_each(|certificate| roots.add(certificate))?,
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    Ok(Arc::new(builder()?.with_root_certificates(roots).with_no_client_auth()))
}

/// TLS 1.2 and 1.3, with both suites of ECDHE and ECDSA. A00.FR.318 wants these, or those with RSA key exchange, which rustls
/// has not: whoever gets hold of the server's key later could read all that was ever sent.
pub(crate) fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The handshake follows with the first byte.
pub(crate) fn wrap(
    stream: TcpStream,
    config: Arc<ClientConfig>,
    host: String,
) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let name = ServerName::try_from(host).map_err(io::Error::other)?;
    let connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
    Ok(StreamOwned::new(connection, stream))
}

/// What the failure of a handshake means; `None` when it was no failure of TLS.
pub(crate) fn failure(error: &io::Error) -> Option<ConnectFailure> {
    use rustls::AlertDescription as Alert;
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(match error {
        rustls::Error::InvalidCertificate(_) => ConnectFailure::ServerCertificate,
        rustls::Error::PeerIncompatible(_) => ConnectFailure::TlsVersion,
        rustls::Error::AlertReceived(Alert::ProtocolVersion) => ConnectFailure::TlsVersion,
        rustls::Error::AlertReceived(Alert::HandshakeFailure) => ConnectFailure::TlsCipherSuite,
        rustls::Error::AlertReceived(
            Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::CertificateRequired
            | Alert::UnknownCA
            | Alert::AccessDenied,
        ) => ConnectFailure::ClientCertificate,
        _ => ConnectFailure::Tls,
    })
}
