//! What a certificate says, and whether it may say so.

use super::Failure;
use rustls::pki_types::CertificateDer;
use x509_parser::oid_registry::{OID_PKCS1_SHA1WITHRSA, OID_SHA1_WITH_RSA};
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};
use x509_parser::public_key::PublicKey;

pub(super) const CERTIFICATE: &str = "CERTIFICATE";
/// Security whitepaper §5, A00.FR.505: RSA with 2048 bits, or an elliptic curve with 224 bits.
const RSA_BITS_MIN: usize = 2048;
const EC_BITS_MIN: usize = 224;

/// Those of a text in PEM, in their order; none where it is no such text, or holds anything else.
pub(super) fn certificates(text: &[u8]) -> Vec<CertificateDer<'static>> {
    let blocks = pem::parse_many(text).unwrap_or_default();
    if blocks.iter().any(|block| block.tag() != CERTIFICATE) {
        return Vec::new();
    }
    blocks.into_iter().map(|block| block.into_contents().into()).collect()
}

/// All of one certificate, and nothing behind it.
pub(super) fn parse<'c>(certificate: &'c CertificateDer<'_>) -> Result<X509Certificate<'c>, Failure> {
    match X509Certificate::from_der(certificate) {
        Ok(([], parsed)) => Ok(parsed),
        Ok(_) => Err("there is more than the certificate".into()),
        Err(error) => Err(format!("no certificate: {error}").into()),
    }
}

/// What is wrong with a new root, if anything is: it has to be one of a CA, valid now, with a good key, and signed by `issuer`.
pub(super) fn root(certificate: &CertificateDer<'_>, issuer: &CertificateDer<'_>) -> Result<(), Failure> {
    let (certificate, issuer) = (parse(certificate)?, parse(issuer)?);
    demand(is_authority(&certificate), "not of a CA")?;
    demand(is_authority(&issuer), "signed by what is no CA")?;
    demand(certificate.validity().is_valid(), "not valid now")?;
    demand(has_good_key(&certificate), "its key is too short, or of an unknown kind")?;
    signature(&certificate, &issuer)
}

pub(super) fn signature(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> Result<(), Failure> {
    let algorithm = &certificate.signature_algorithm.algorithm;
    let is_broken = *algorithm == OID_PKCS1_SHA1WITHRSA || *algorithm == OID_SHA1_WITH_RSA;
    demand(!is_broken, "signed with SHA-1")?;
    demand(certificate.issuer().as_raw() == issuer.subject().as_raw(), "signed by another one")?;
    Ok(certificate.verify_signature(Some(issuer.public_key()))?)
}

pub(super) fn is_valid_now(certificate: &CertificateDer<'_>) -> bool {
    parse(certificate).is_ok_and(|certificate| certificate.validity().is_valid())
}

pub(super) fn has_good_key(certificate: &X509Certificate<'_>) -> bool {
    match certificate.public_key().parsed() {
        Ok(key @ PublicKey::RSA(_)) => key.key_size() >= RSA_BITS_MIN,
        Ok(key @ PublicKey::EC(_)) => key.key_size() >= EC_BITS_MIN,
        _ => false,
    }
}

/// CN and O.
pub(super) fn names<'n>(name: &'n X509Name<'_>) -> [Option<&'n str>; 2] {
    let text = |part: Option<&'n x509_parser::x509::AttributeTypeAndValue<'_>>| part?.as_str().ok();
    [text(name.iter_common_name().next()), text(name.iter_organization().next())]
}

pub(super) fn demand(holds: bool, failure: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(failure.into()) }
}

/// RFC 5280 §4.2.1.9, §4.2.1.3.
fn is_authority(certificate: &X509Certificate<'_>) -> bool {
    let may_sign = match certificate.key_usage() {
        Ok(Some(usage)) => usage.value.key_cert_sign(),
        Ok(None) => true,
        Err(_) => false,
    };
    certificate.is_ca() && may_sign
}
