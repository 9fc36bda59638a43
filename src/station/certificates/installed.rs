//! GetInstalledCertificateIds and DeleteCertificate: the roots that are there (security whitepaper M03, M04).

use super::super::RootCertificate;
use super::super::answer::{Cause, StatusAnswer};
use super::store::{Certificates, roots};
use crate::certificate::{Hash, Identity, Serial, write_hex};
use crate::json::{Field, Json, JsonStr, Kind, Payload, Writer, name};
use crate::rpc::Composer;
use crate::station::certificates::Trust;
use crate::station::common::Common;
use crate::time::Instant;
use crate::types::Symbol;
use core::task::Poll;

/// The hash that ids are made with, and those that they are not made with (security whitepaper §6.12).
const ALGORITHM: &str = "SHA256";
const OTHER_ALGORITHMS: [&str; 2] = ["SHA384", "SHA512"];

impl Trust<'_> {
    /// Answers in pages, so that no number of roots is too many for the send buffer.
    #[inline(never)]
    pub(crate) fn get_installed_certificate_ids(
        &self,
        payload: Payload<'_>,
        answer: &mut Composer<'_>,
    ) -> Result<(), Cause> {
        const FIELDS: [Field; 1] = [Field::required("certificateType", Kind::Text(50))];
        let store = self.store.ok_or(Cause::NotSupported)?;
        let [root] = payload.read(&FIELDS)?;
        let root = root.text().and_then(RootCertificate::from_json).ok_or(Cause::Type)?;
        let mut page = answer.page();
        if page == 0 {
            if store.root(root, 0).is_none() {
                answer.payload(&StatusAnswer::NotFound)?; // without a list (SEC-24)
                return Ok(());
            }
            answer.raw(br#"{"status":"Accepted","certificateHashData":["#)?;
        }
        while let Some(identity) = store.root(root, page.into()) {
            let position = answer.position();
            let separated = if page > 0 { answer.raw(b",") } else { Ok(()) };
            if separated.and_then(|()| answer.payload(&HashData(&identity))).is_err() {
                answer.rewind(position);
                if page == answer.page() {
                    return Err(Cause::AnswerTooLong);
                }
                answer.suspend(page);
                return Ok(());
            }
            page = page.saturating_add(1);
        }
        if answer.raw(b"]}").is_err() {
            answer.suspend(page);
        }
        Ok(())
    }

    /// `None` while the firmware is at work.
    #[inline(never)]
    pub(crate) fn delete_certificate(
        &self,
        common: &mut Common<'_>,
        now: Instant,
        payload: Payload<'_>,
    ) -> Result<Option<StatusAnswer>, Cause> {
        let store = self.store.ok_or(Cause::NotSupported)?;
        let Some((root, identity)) = find(store, payload)? else { return Ok(Some(StatusAnswer::NotFound)) };
        let is_in_use = root == RootCertificate::CentralSystem && store.root_in_use() == Some(identity);
        if is_in_use {
            return Ok(Some(StatusAnswer::Failed)); // M04.FR.06
        }
        Ok(match store.remove(root, &identity) {
            Poll::Ready(true) => Some(StatusAnswer::Accepted),
            Poll::Ready(false) => Some(StatusAnswer::Failed),
            Poll::Pending => {
                Self::ask_again(common, now);
                None
            }
        })
    }
}

/// The root that a request is about. One of the charge point itself is none (M04.FR.05).
fn find(store: &dyn Certificates, payload: Payload<'_>) -> Result<Option<(RootCertificate, Identity)>, Cause> {
    const FIELDS: [Field; 1] = [Field::required("certificateHashData", Kind::Object)];
    const HASH_FIELDS: [Field; 4] = [
        Field::required("hashAlgorithm", Kind::Text(50)),
        Field::required("issuerNameHash", Kind::Text(128)),
        Field::required("issuerKeyHash", Kind::Text(128)),
        Field::required("serialNumber", Kind::Text(40)),
    ];
    let [data] = payload.read(&FIELDS)?;
    let [algorithm, name, key, serial] =
        data.members(&HASH_FIELDS)?.map(|value| value.text().unwrap_or(JsonStr::EMPTY).escaped());
    if OTHER_ALGORITHMS.contains(&algorithm) {
        return Ok(None); // no id was made with it (M04.FR.07)
    }
    if algorithm != ALGORITHM {
        return Err(Cause::Type);
    }
    let is_it = |identity: &Identity| {
        let outline = identity.outline();
        is_hex(name, &outline.issuer_name) && is_hex(key, &identity.issuer_key) && is_serial(serial, &outline.serial)
    };
    let of_kind = |root: &RootCertificate| Some((*root, roots(store, *root).find(is_it)?));
    Ok(RootCertificate::ALL.iter().find_map(of_kind))
}

/// The digits of a hash.
#[inline(never)]
fn hex<'b>(hash: &Hash, buffer: &'b mut [u8; 2 * size_of::<Hash>()]) -> &'b str {
    write_hex(hash, buffer);
    core::str::from_utf8(buffer).unwrap_or_default()
}

/// Whether these are the digits of a hash, in whatever case.
#[inline(never)]
fn is_hex(text: &str, hash: &Hash) -> bool {
    text.eq_ignore_ascii_case(hex(hash, &mut [0; _]))
}

/// The same for a serial number, which some write with leading zeros.
fn is_serial(text: &str, serial: &Serial) -> bool {
    let mut buffer = [0; Serial::TEXT_LEN_MAX];
    let digits = serial.to_text(&mut buffer);
    let plain = text.trim_start_matches('0');
    digits.eq_ignore_ascii_case(if plain.is_empty() && !text.is_empty() { "0" } else { plain })
}

/// CertificateHashDataType (security whitepaper §6.1).
struct HashData<'i>(&'i Identity);

impl Json for HashData<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let outline = self.0.outline();
        let members = writer.open();
        members.name(name!("hashAlgorithm")).plain(ALGORITHM);
        members.name(name!("issuerNameHash")).plain(hex(&outline.issuer_name, &mut [0; _]));
        members.name(name!("issuerKeyHash")).plain(hex(&self.0.issuer_key, &mut [0; _]));
        members.name(name!("serialNumber")).plain(outline.serial.to_text(&mut [0; Serial::TEXT_LEN_MAX]));
        members.close();
    }
}
