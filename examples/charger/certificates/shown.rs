//! What is kept, for whoever operates the charge point.

use super::examine;
use super::own::Pair;
use super::roots::Root;
use embedded_ocpp::certificate::{Hash, Identity, Serial};
use rustls::pki_types::CertificateDer;
use serde::Serialize;
use x509_parser::prelude::{ASN1Time, X509Name};

/// A certificate, in the words of OCPP where it has some.
#[derive(Serialize)]
pub(crate) struct Shown {
    kind: &'static str,
    subject: String,
    issuer: String,
    expires: String,
    /// The connection that stands was made with it.
    in_use: bool,
    /// What a central system deletes it by; the charge point's own cannot be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<HashData>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HashData {
    hash_algorithm: &'static str,
    issuer_name_hash: String,
    issuer_key_hash: String,
    serial_number: String,
}

impl Shown {
    pub(super) fn root(root: &Root, in_use: Option<Identity>) -> Self {
        let data = Some(HashData::of(&root.identity));
        Self::of(root.kind.as_str(), &root.certificate, in_use == Some(root.identity), data)
    }

    pub(super) fn own(pair: &Pair, in_use: Option<&CertificateDer<'_>>) -> Self {
        let own = pair.own();
        Self::of("ChargePointCertificate", own, in_use == Some(own), None)
    }

    fn of(kind: &'static str, certificate: &CertificateDer<'_>, in_use: bool, data: Option<HashData>) -> Self {
        let mut shown =
            Self { kind, subject: String::new(), issuer: String::new(), expires: String::new(), in_use, data };
        if let Ok(certificate) = examine::parse(certificate) {
            shown.subject = name(certificate.subject());
            shown.issuer = name(certificate.issuer());
            shown.expires = date(&certificate.validity().not_after);
        }
        shown
    }
}

impl HashData {
    fn of(identity: &Identity) -> Self {
        let outline = identity.outline();
        Self {
            hash_algorithm: "SHA256",
            issuer_name_hash: hex(&outline.issuer_name),
            issuer_key_hash: hex(&identity.issuer_key),
            serial_number: outline.serial.to_text(&mut [0; Serial::TEXT_LEN_MAX]).into(),
        }
    }
}

/// Its CN, or where it has none all of it.
fn name(name: &X509Name<'_>) -> String {
    let [common_name, _] = examine::names(name);
    common_name.map_or_else(|| name.to_string(), str::to_owned)
}

/// Roots may outlive the dates of OCPP.
fn date(time: &ASN1Time) -> String {
    let time = time.to_datetime();
    let [year, month, day] = [time.year(), u8::from(time.month()).into(), time.day().into()];
    let (hour, minute, second) = time.to_hms();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
