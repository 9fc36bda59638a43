//! Certificates and requests for them (security whitepaper A02, A03, M03 to M05).

use super::answer::{Cause, StatusAnswer, accepted_if};
use crate::certificate::{Hash, Identity, Serial, write_hex};
use crate::json::{Field, FieldKind, Json, JsonStr, Payload, Writer, name};
use crate::rpc::{CallComposer, Composer, Outcome};
use crate::station::Station;
use crate::station::certificates::{CHAIN_LEN_MAX, Certificates, Intake, NoRoot, Trust, roots};
use crate::time::Instant;
use crate::types::{Action, RootCertificate, Symbol};
use core::task::Poll;

/// `None` while the firmware is at work.
#[inline(never)]
pub(super) fn install_certificate(
    station: &mut Station<'_>,
    now: Instant,
    payload: Payload<'_>,
) -> Result<Option<StatusAnswer>, Cause> {
    let store = station.trust.store.ok_or(Cause::NotSupported)?;
    let intake = &mut station.trust.intake;
    if !intake.is_examined() {
        intake.root = read_root(intake, store, payload).inspect_err(|_| intake.abort(store))?;
    }
    Ok(match station.install_root(now, store) {
        Poll::Pending => None,
        Poll::Ready(Ok(())) => Some(StatusAnswer::Accepted),
        Poll::Ready(Err(NoRoot::Failed)) => Some(StatusAnswer::Failed),
        Poll::Ready(Err(NoRoot::Invalid | NoRoot::Full)) => Some(StatusAnswer::Rejected),
    })
}

/// What a new root is for. Its text goes to the firmware, unless it is there.
fn read_root(intake: &mut Intake, store: &dyn Certificates, payload: Payload<'_>) -> Result<RootCertificate, Cause> {
    /// InstallCertificate.req (security whitepaper §5.11).
    const FIELDS: [Field; 2] = [
        Field::required("certificateType", FieldKind::Text(50)),
        Field::required("certificate", FieldKind::Text(CERTIFICATE_LEN_MAX)),
    ];
    const CERTIFICATE_LEN_MAX: u16 = 5500;
    let [root, certificate] = payload.read(&FIELDS)?;
    let root = root.text().and_then(RootCertificate::from_json).ok_or(Cause::Type)?;
    take_whole(intake, store, Action::InstallCertificate, certificate.text(), CERTIFICATE_LEN_MAX)?;
    Ok(root)
}

/// CertificateSigned: the certificate of this charge point has come. `None` while the firmware is at work.
#[inline(never)]
pub(super) fn certificate_signed(
    station: &mut Station<'_>,
    now: Instant,
    payload: Payload<'_>,
) -> Result<Option<StatusAnswer>, Cause> {
    let store = station.trust.store.ok_or(Cause::NotSupported)?;
    let intake = &mut station.trust.intake;
    if !intake.is_examined() {
        read_chain(intake, store, payload).inspect_err(|_| intake.abort(store))?;
    }
    Ok(match station.accept_chain(now, store) {
        Poll::Pending => None,
        Poll::Ready(is_accepted) => Some(accepted_if(is_accepted)),
    })
}

/// The text of a chain goes to the firmware, unless it is there.
fn read_chain(intake: &mut Intake, store: &dyn Certificates, payload: Payload<'_>) -> Result<(), Cause> {
    /// CertificateSigned.req (security whitepaper §5.1).
    const FIELDS: [Field; 1] = [Field::required("certificateChain", FieldKind::Text(CHAIN_LEN_MAX))];
    let [chain] = payload.read(&FIELDS)?;
    take_whole(intake, store, Action::CertificateSigned, chain.text(), CHAIN_LEN_MAX)
}

/// Hands over the text of a message that is whole, unless it was taken in pieces before.
fn take_whole(
    intake: &mut Intake,
    store: &dyn Certificates,
    action: Action,
    text: Option<JsonStr<'_>>,
    max: u16,
) -> Result<(), Cause> {
    if !intake.is_taking(action) {
        intake.begin(store, action);
        text.unwrap_or(JsonStr::EMPTY).in_pieces(&mut |piece| intake.take(store, piece));
    }
    if intake.len > max.into() { Err(Cause::ValueTooLong) } else { Ok(()) }
}

/// `None` while the firmware is at work.
#[inline(never)]
pub(super) fn delete_certificate(
    station: &mut Station<'_>,
    now: Instant,
    payload: Payload<'_>,
) -> Result<Option<StatusAnswer>, Cause> {
    let store = station.trust.store.ok_or(Cause::NotSupported)?;
    let Some(id) = Id::read(payload)? else { return Ok(Some(StatusAnswer::NotFound)) };
    for root in RootCertificate::ALL {
        let Some(identity) = roots(store, *root).find(|identity| id.names(identity)) else { continue };
        return Ok(match Trust::delete_root(&mut station.core.common, now, store, *root, &identity) {
            Poll::Pending => None,
            Poll::Ready(true) => Some(StatusAnswer::Accepted),
            Poll::Ready(false) => Some(StatusAnswer::Failed),
        });
    }
    Ok(Some(StatusAnswer::NotFound)) // also for one of the charge point itself (M04.FR.05)
}

/// What a request names a root by: its CertificateHashDataType.
struct Id<'p> {
    name: &'p str,
    key: &'p str,
    serial: &'p str,
}

impl<'p> Id<'p> {
    /// `None` when no id was made like this (M04.FR.07).
    fn read(payload: Payload<'p>) -> Result<Option<Self>, Cause> {
        const FIELDS: [Field; 1] = [Field::required("certificateHashData", FieldKind::Object)];
        const HASH_FIELDS: [Field; 4] = [
            Field::required("hashAlgorithm", FieldKind::Text(50)),
            Field::required("issuerNameHash", FieldKind::Text(128)),
            Field::required("issuerKeyHash", FieldKind::Text(128)),
            Field::required("serialNumber", FieldKind::Text(40)),
        ];
        let [data] = payload.read(&FIELDS)?;
        let [algorithm, name, key, serial] =
            data.members(&HASH_FIELDS)?.map(|value| value.text().unwrap_or(JsonStr::EMPTY).escaped());
        if OTHER_ALGORITHMS.contains(&algorithm) {
            return Ok(None);
        }
        if algorithm != ALGORITHM {
            return Err(Cause::Type);
        }
        Ok(Some(Self { name, key, serial }))
    }

    fn names(&self, identity: &Identity) -> bool {
        let outline = identity.outline();
        is_hex(self.name, &outline.issuer_name)
            && is_hex(self.key, &identity.issuer_key)
            && is_serial(self.serial, &outline.serial)
    }
}

/// Answers in pages, so that no number of roots is too many for the send buffer.
#[inline(never)]
pub(super) fn get_installed_certificate_ids(
    station: &Station<'_>,
    payload: Payload<'_>,
    answer: &mut Composer<'_>,
) -> Result<(), Cause> {
    const FIELDS: [Field; 1] = [Field::required("certificateType", FieldKind::Text(50))];
    let store = station.trust.store.ok_or(Cause::NotSupported)?;
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

/// The hash that ids are made with, and those that they are not made with (security whitepaper §6.12).
const ALGORITHM: &str = "SHA256";
const OTHER_ALGORITHMS: [&str; 2] = ["SHA384", "SHA512"];

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

/// Writes SignCertificate, when it is its turn and the firmware has made what it wants.
pub(super) fn sign_certificate(station: &mut Station<'_>, now: Instant, call: &mut CallComposer<'_>) -> bool {
    let trust = &mut station.trust;
    let Some(store) = trust.store else { return false };
    let Some(len) = trust.request_to_send(&mut station.core.common, now, store) else { return false };
    let is_begun = call.begin("SignCertificate").is_ok_and(|composer| compose(store, len, composer));
    trust.signing.goes_out(is_begun.then_some(len));
    is_begun
}

/// Writes the next page of it.
pub(super) fn continue_sign_certificate(station: &Station<'_>, composer: &mut Composer<'_>) {
    if let (Some(store), Some(len)) = (station.trust.store, station.trust.signing.sent()) {
        compose(store, len, composer);
    }
}

/// Whatever the answer is, that was it (SEC-49). Without one the same goes out over the next connection.
pub(super) fn conclude_sign_certificate(station: &mut Station<'_>, outcome: Outcome<'_>) {
    station.trust.signing.conclude(matches!(outcome, Outcome::LinkLost));
}

/// SignCertificate.req (security whitepaper §5.17), page by page: each is named by how much of the request was written before
/// it. `false` when there is no room for any of it.
fn compose(store: &dyn Certificates, len: usize, composer: &mut Composer<'_>) -> bool {
    let begin = usize::from(composer.page());
    let mut at = begin;
    if begin == 0 && composer.raw(b"{\"csr\":\"").is_err() {
        return false;
    }
    while at < len {
        let mut piece = [0; 64];
        let most = piece.len().min(len - at);
        let taken = store.request(at, piece.get_mut(..most).unwrap_or_default()).min(most);
        if taken == 0 {
            break; // it has become shorter
        }
        if composer.payload(&Escaped(piece.get(..taken).unwrap_or_default())).is_err() {
            composer.suspend(at as u16);
            return at > begin;
        }
        at += taken;
    }
    if composer.raw(b"\"}").is_err() {
        composer.suspend(at as u16);
    }
    true
}

/// A piece of PEM inside a JSON text.
struct Escaped<'p>(&'p [u8]);

impl Json for Escaped<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        for byte in self.0 {
            match byte {
                b'\n' => writer.raw(b"\\n"),
                b'"' | b'\\' | ..b' ' | 0x7f.. => {} // no PEM has it
                byte => writer.raw(core::slice::from_ref(byte)),
            }
        }
    }
}

/// A call begins that is longer than the receive buffer; its member that can be taken in pieces.
pub(super) fn begin_long(station: &mut Station<'_>, action: JsonStr<'_>) -> Option<&'static str> {
    let name = Action::from_json(action)?;
    if station.core.common.registration.is_rejected() || station.custom.request_handler(action.as_bytes()).is_some() {
        return None;
    }
    let member = long_member(station, name)?;
    if name == Action::SignedUpdateFirmware {
        station.transfers.begin_signing_certificate();
    } else if let Some(store) = station.trust.store {
        station.trust.intake.begin(store, name);
    }
    Some(member)
}

/// The long text of the messages of an action, if there is somebody to take it.
fn long_member(station: &Station<'_>, action: Action) -> Option<&'static str> {
    match action {
        Action::InstallCertificate if station.trust.has_certificates() => Some("certificate"),
        Action::CertificateSigned if station.trust.has_certificates() => Some("certificateChain"),
        Action::SignedUpdateFirmware if station.transfers.has_verifier() => Some("signingCertificate"),
        _ => None,
    }
}

pub(super) fn take_long(station: &mut Station<'_>, piece: &[u8]) {
    if station.transfers.take_signing_certificate(piece) {
        return;
    }
    if let Some(store) = station.trust.store {
        station.trust.intake.take(store, piece);
    }
}

/// What was taken in pieces is void, unless its message was there and looked at.
pub(super) fn drop_long(station: &mut Station<'_>) {
    station.transfers.drop_signing_certificate();
    if let Some(store) = station.trust.store
        && !station.trust.intake.is_examined()
    {
        station.trust.intake.abort(store);
    }
}

/// Whether a call of this action that is too long is rejected by its status (SEC-60).
pub(super) fn rejects_long(station: &Station<'_>, action: JsonStr<'_>) -> bool {
    Action::from_json(action).is_some_and(|name| long_member(station, name).is_some())
}
