//! The certificate of the central system: which root it leads to, and whether it is that of the host.

use super::examine;
use super::in_use::InUse;
use super::roots::Roots;
use crate::tls;
use embedded_ocpp::certificate::Identity;
use embedded_ocpp::ocpp16::RootCertificate;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

#[derive(Debug)]
pub(super) struct ServerVerifier {
    /// The newest first, each by itself: so it is known which one it was (M05.FR.13).
    roots: Vec<(RootCertStore, Identity)>,
    in_use: InUse,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerVerifier {
    pub(super) fn new(roots: &Roots, in_use: InUse) -> Result<Self, Error> {
        let alone = |certificate: &CertificateDer<'static>| {
            let mut alone = RootCertStore::empty();
            alone.add(certificate.clone()).map(|()| alone)
        };
        let newest_first = roots.valid(RootCertificate::CentralSystem).rev();
        let roots =
            newest_first.map(|root| Ok((alone(&root.certificate)?, root.identity))).collect::<Result<_, Error>>()?;
        Ok(Self { roots, in_use, algorithms: tls::provider().signature_verification_algorithms })
    }
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let path_to = |root: &RootCertStore| {
            let algorithms = self.algorithms.all;
            verify_server_cert_signed_by_trust_anchor(&certificate, root, intermediates, now, algorithms)
        };
        let mut failure = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        for (root, identity) in &self.roots {
            match path_to(root) {
                Ok(()) => {
                    verify_name(&certificate, end_entity, server_name)?;
                    self.in_use.parts().root = Some(*identity);
                    return Ok(ServerCertVerified::assertion());
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The names of today, or where a certificate has none of them the CN (A00.FR.510).
fn verify_name(
    certificate: &ParsedCertificate<'_>,
    der: &CertificateDer<'_>,
    name: &ServerName<'_>,
) -> Result<(), Error> {
    let Err(error) = verify_server_name(certificate, name) else { return Ok(()) };
    let has_common_name = examine::parse(der).is_ok_and(|certificate| {
        let [common_name, _] = examine::names(certificate.subject());
        let has_no_other = matches!(certificate.subject_alternative_name(), Ok(None));
        has_no_other && common_name.is_some_and(|common_name| common_name.eq_ignore_ascii_case(&name.to_str()))
    });
    if has_common_name { Ok(()) } else { Err(error) }
}
