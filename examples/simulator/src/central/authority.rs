//! The authority of the central system: a root that ends with the process, and what it signs.

use crate::tls;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

const VALIDITY: Duration = Duration::from_secs(365 * 24 * 3600);
const ORGANIZATION: &str = "Simulator";

impl Authority {
    pub(crate) fn new() -> Result<Self, rcgen::Error> {
        let mut root = CertificateParams::default();
        name(&mut root, "Root of the simulator");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        begin_now(&mut root);
        Ok(Self(CertifiedIssuer::self_signed(root, KeyPair::generate()?)?))
    }

    /// In PEM.
    pub(crate) fn root(&self) -> String {
        self.0.pem()
    }

    /// TLS as the server of this host; who has a certificate of this authority may show it.
    pub(super) fn server(&self, host: &str) -> Result<ServerConfig, Box<dyn Error>> {
        let mut wanted = CertificateParams::new([host.to_owned()])?;
        name(&mut wanted, host);
        wanted.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        wanted.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        begin_now(&mut wanted);
        let key = KeyPair::generate()?;
        let certificate = wanted.signed_by(&key, &self.0)?.der().clone();
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone())?;
        let clients = WebPkiClientVerifier::builder_with_provider(roots.into(), tls::provider());
        Ok(ServerConfig::builder_with_provider(tls::provider())
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(clients.allow_unauthenticated().build()?)
            .with_single_cert(vec![certificate], PrivatePkcs8KeyDer::from(key.serialize_der()).into())?)
    }

    /// The certificate of a charge point for its request (security whitepaper A02), both in PEM.
    pub(super) fn sign(&self, request: &str) -> Result<String, rcgen::Error> {
        let CertificateSigningRequestParams { params: asked, public_key } =
            CertificateSigningRequestParams::from_pem(request)?;
        let mut granted = CertificateParams::default();
        granted.distinguished_name = asked.distinguished_name;
        granted.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        granted.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        begin_now(&mut granted);
        Ok(granted.signed_by(&public_key, &self.0)?.pem())
    }
}

fn name(certificate: &mut CertificateParams, common_name: &str) {
    certificate.distinguished_name = Default::default();
    certificate.distinguished_name.push(DnType::OrganizationName, ORGANIZATION);
    certificate.distinguished_name.push(DnType::CommonName, common_name);
}

fn begin_now(certificate: &mut CertificateParams) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    certificate.not_before = date_time_ymd(1970, 1, 1) + now;
    certificate.not_after = certificate.not_before + VALIDITY;
}
