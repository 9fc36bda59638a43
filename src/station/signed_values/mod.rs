//! Signed meter values (OCA application note "Signed Meter Values" 1.0): long values that a meter has signed, from the meter
//! to the central system as they are.
//!
//! | where | what | so that |
//! |---|---|---|
//! | [`taking`] | a value is asked for, and its pieces go into records of the connector | it never lies in RAM, and the meter keeps what is not durable |
//! | the seal | the last of these records names the start that the first value belongs to | no power cut gives it to another transaction |
//! | [`copying`] | the message is appended to the journal, its pieces behind it, nothing in between | it waits for delivery like any other |
//! | [`sending`] | the message goes out when all its pieces are there, each as a page of its own | its length costs no buffer |

mod appending;
mod attached;
mod copying;
mod meter;
mod sending;
mod taking;

pub(crate) use attached::{Attached, is_piece};
pub use meter::{PrintedKey, SignedForm, SignedMeter, SigningFailed, SigningMoment};
pub(crate) use sending::{first_page, is_page_of_piece};
pub(crate) use taking::Signing;

use super::metering::{self, MEASURANDS};
use super::{ConnectorId, configuration};
use crate::json::{Json, JsonStr, Writer, integer, name};
use crate::station::core_profile::Core;
use crate::store::{ListCodec, ListKey, Scratch, SwitchKey, TextSink};
use crate::time::Instant;
use copying::Copying;
use sending::{Sending, write_base64};

/// When the public key goes along with a value (note §3.3.2).
pub(super) const PUBLIC_KEY_WITH_SIGNED_METER_VALUE: ListKey =
    ListKey::new(64, "PublicKeyWithSignedMeterValue", "OncePerTransaction", 6, &TELLING_OF_KEY);
/// Whether periodic values are signed at all, and with them the beginning and the end (note §3.3.3).
pub(super) const SAMPLED_DATA_SIGN_READINGS: SwitchKey = SwitchKey::new(53, "SampledDataSignReadings", false);
/// What is told right after StartTransaction (note §3.3.4).
pub(super) const START_TXN_SAMPLED_DATA: ListKey = ListKey::new(65, "StartTxnSampledData", "", 7, &MEASURANDS);
/// Whether that is signed (note §3.3.5).
pub(super) const SAMPLED_DATA_SIGN_STARTED_READINGS: SwitchKey =
    SwitchKey::new(54, "SampledDataSignStartedReadings", false);
/// Whether samples in the course of a transaction are signed (note §3.3.6).
pub(super) const SAMPLED_DATA_SIGN_UPDATED_READINGS: SwitchKey = SwitchKey::new(55, SAMPLED_UPDATED_NAME, false);
/// Whether values at moments of the clock are signed at all, and with them the beginning and the end (note §3.3.7).
pub(super) const ALIGNED_DATA_SIGN_READINGS: SwitchKey = SwitchKey::new(61, "AlignedDataSignReadings", false);
/// Whether those of the course of a transaction are (note §3.3.8).
pub(super) const ALIGNED_DATA_SIGN_UPDATED_READINGS: SwitchKey = SwitchKey::new(62, ALIGNED_UPDATED_NAME, false);

const SAMPLED_UPDATED_NAME: &str = "SampledDataSignUpdatedReadings";
const ALIGNED_UPDATED_NAME: &str = "AlignedDataSignUpdatedReadings";
/// So many messages a transaction makes at once when it begins, beside StartTransaction.
pub(super) const MESSAGES_OF_BEGINNING: u32 = 2;
/// The number of the connector follows (note §3.3.1).
const METER_PUBLIC_KEY: &str = "MeterPublicKey";

/// Places in [`TELLING_OF_KEY`].
const NEVER: u8 = 0;
const ONCE: u8 = 1;

static TELLING_OF_KEY: ListCodec = ListCodec { encode: encode_telling, decode: decode_telling };
const TELLINGS: [&str; 3] = ["Never", "OncePerTransaction", "EveryMeterValue"];

fn encode_telling(text: &str, buffer: &mut [u8]) -> Option<usize> {
    let place = TELLINGS.iter().position(|telling| *telling == text)?;
    *buffer.first_mut()? = place as u8;
    Some(1)
}

fn decode_telling(bytes: &[u8], write: TextSink<'_>) {
    let telling = bytes.first().and_then(|place| TELLINGS.get(usize::from(*place)));
    write(telling.copied().unwrap_or_default());
}

/// Whether this is the slot of a list that is none of measurands.
pub(super) fn is_telling_of_key(slot: u8) -> bool {
    slot == PUBLIC_KEY_WITH_SIGNED_METER_VALUE.slot()
}

/// What all connectors share.
#[derive(Debug)]
pub(super) struct SignedValues {
    pub(super) copying: Copying,
    sending: Sending,
    /// How many entries of plain length the values of one transaction take up, at most.
    of_transaction: u32,
    /// Those of one on each connector.
    of_all: u32,
}

impl SignedValues {
    pub(super) const fn new() -> Self {
        Self { copying: Copying::new(), sending: Sending::new(), of_transaction: 0, of_all: 0 }
    }

    /// How many entries a transaction wants room for beside its own.
    pub(super) fn of_transaction(&self) -> u32 {
        self.of_transaction
    }

    /// The same for one on each connector.
    pub(super) fn of_all(&self) -> u32 {
        self.of_all
    }
}

impl Core<'_> {
    /// What the meters can do is known.
    pub(super) fn announce_signed_meters(&mut self) {
        let meters = || self.connectors.iter().filter_map(|connector| connector.signed_meter());
        let entries = |meter: &dyn SignedMeter| attached::entries_of(meter.value_len_max());
        let of_all = meters().map(entries).fold(0, u32::saturating_add);
        let of_transaction = meters().map(entries).max().unwrap_or(0);
        (self.signed_values.of_all, self.signed_values.of_transaction) = (of_all, of_transaction);
        if !meters().any(SignedMeter::signs_samples) {
            for (name, key) in [
                (SAMPLED_UPDATED_NAME, SAMPLED_DATA_SIGN_UPDATED_READINGS),
                (ALIGNED_UPDATED_NAME, ALIGNED_DATA_SIGN_UPDATED_READINGS),
            ] {
                let _ = self.common.keys.fix(name);
                self.common.keys.set_switch(&key, false);
            }
        }
    }

    /// Whether StopTransaction tells signed values of this connector (note §3.1.4).
    pub(super) fn signs_ends(&self, id: ConnectorId) -> bool {
        self.signs(id, &SAMPLED_DATA_SIGN_READINGS, &metering::STOP_TXN_SAMPLED_DATA)
            || self.signs(id, &ALIGNED_DATA_SIGN_READINGS, &metering::STOP_TXN_ALIGNED_DATA)
    }

    /// Whether the value of the beginning goes out right after StartTransaction (note §3.3.5).
    pub(super) fn signs_starts(&self, id: ConnectorId) -> bool {
        self.common.keys.is_on(&SAMPLED_DATA_SIGN_STARTED_READINGS)
            && self.signs(id, &SAMPLED_DATA_SIGN_READINGS, &START_TXN_SAMPLED_DATA)
    }

    /// Whether there is to be a signed value before the transaction starts.
    pub(super) fn signs_beginning(&self, id: ConnectorId) -> bool {
        self.signs_ends(id) || self.signs_starts(id)
    }

    /// A sample of the running transaction is due: has it signed, if those of its kind are (note §3.3.6, §3.3.8).
    pub(super) fn sign_sample(&mut self, now: Instant, id: ConnectorId, moment: SigningMoment) {
        let (is_on, updates, list) = match moment {
            SigningMoment::Aligned => {
                (&ALIGNED_DATA_SIGN_READINGS, &ALIGNED_DATA_SIGN_UPDATED_READINGS, &metering::METER_VALUES_ALIGNED_DATA)
            }
            _ => {
                (&SAMPLED_DATA_SIGN_READINGS, &SAMPLED_DATA_SIGN_UPDATED_READINGS, &metering::METER_VALUES_SAMPLED_DATA)
            }
        };
        if self.common.keys.is_on(updates)
            && self.signs(id, is_on, list)
            && let Some(connector) = self.connector_mut(id)
            && connector.session.is_running()
            && !connector.session.is_silent
        {
            connector.signing.ask_for_sample(now, moment);
        }
    }

    /// The transaction runs: what is told right after the start is to be read.
    pub(super) fn tell_beginning(&mut self, id: ConnectorId) {
        let (is_told, is_signed) = (!self.common.keys.list(&START_TXN_SAMPLED_DATA).is_empty(), self.signs_starts(id));
        let Some(connector) = self.connector_mut(id).filter(|connector| !connector.session.is_silent) else { return };
        connector.signing.begun(is_signed);
        if is_told {
            connector.place.sampling.ask_for_begin();
        }
    }

    /// Whether values are signed that this switch is for: it is on, and the list asks for what the meter signs.
    fn signs(&self, id: ConnectorId, switch: &SwitchKey, list: &ListKey) -> bool {
        let meter = || self.connector(id).and_then(|connector| connector.signed_meter());
        self.common.keys.is_on(switch)
            && meter().is_some_and(|meter| metering::asks_for_any(self.common.keys.list(list), &meter.reading()))
    }

    /// Whether the public key goes along with a value. Once in a transaction is with that of its end, which is the one that is
    /// billed by; where that is not told, with the first of the others.
    fn tells_key(&self, id: ConnectorId, moment: SigningMoment) -> bool {
        match self.common.keys.list(&PUBLIC_KEY_WITH_SIGNED_METER_VALUE).first() {
            Some(&NEVER) => false,
            Some(&ONCE) if self.signs_ends(id) => moment == SigningMoment::End,
            Some(&ONCE) => self.connector(id).is_some_and(|connector| !connector.signing.has_told_key()),
            _ => true,
        }
    }

    /// The key MeterPublicKey of a connector, if it has such a meter (note §3.3.1).
    pub(crate) fn meter_public_key(&self, id: ConnectorId) -> Option<MeterPublicKey<'_>> {
        let key = self.connector(id)?.signed_meter()?.public_key()?;
        (attached::fits(key)).then_some(MeterPublicKey { id, key })
    }

    /// The key MeterPublicKey that is named so.
    pub(crate) fn meter_public_key_named(&self, name: JsonStr<'_>) -> Option<MeterPublicKey<'_>> {
        let mut text = [0; configuration::KEY_LEN_MAX as usize];
        let name = name.copy_to(&mut text).ok()?;
        let (key, number) = name.split_at_checked(METER_PUBLIC_KEY.len())?;
        let id = integer(number.as_bytes()).and_then(|id| ConnectorId::try_from(id).ok())?;
        if key.eq_ignore_ascii_case(METER_PUBLIC_KEY) { self.meter_public_key(id) } else { None }
    }

    /// Asks the meters for what is wanted of them.
    pub(super) fn advance_signing(&mut self, now: Instant) {
        for id in self.connector_ids() {
            let Some(connector) = self.connector_mut(id) else { continue };
            let wake = connector.advance_signing(now);
            if wake <= now {
                self.common.persistence.has_chores = true;
            } else {
                self.common.wake_at(wake);
            }
        }
    }
}

/// So often, once in a second, a device that fails is asked for what it has of a value. Then others have their turn.
const TRIES: u8 = 250;
/// The same in the middle of a message: no longer than central systems wait for a pong.
const TRIES_IN_A_MESSAGE: u8 = 20;

/// What the device is busy with for signed values.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SignedTask {
    StorePiece(ConnectorId),
    StoreTail(ConnectorId),
    SealBeginning(ConnectorId),
    LookUpBeginning(ConnectorId),
    LoadPiece,
    RemovePiece,
    FetchPiece(u32),
}

impl Core<'_> {
    pub(super) fn signed_task_done(&mut self, task: SignedTask, scratch: &mut Scratch<'_>) {
        match task {
            SignedTask::StorePiece(id) => self.piece_stored(id),
            SignedTask::StoreTail(id) => self.tail_stored(id),
            SignedTask::SealBeginning(id) => self.beginning_sealed(id),
            SignedTask::LookUpBeginning(id) => self.beginning_looked_up(id, scratch.loaded()),
            SignedTask::LoadPiece => self.piece_loaded(scratch.loaded()),
            SignedTask::RemovePiece => self.piece_removed(),
            SignedTask::FetchPiece(number) => self.piece_fetched(number, scratch),
        }
    }

    /// The device goes on failing. What it has of a value is waited for: one with a gap is worth nothing.
    pub(super) fn signed_task_failed(&mut self, now: Instant, task: SignedTask, scratch: &mut Scratch<'_>) {
        let failures = self.common.persistence.failures;
        match task {
            SignedTask::StorePiece(id) | SignedTask::StoreTail(id) => self.piece_not_stored(now, id),
            SignedTask::LookUpBeginning(id) if failures >= TRIES => self.beginning_looked_up(id, None),
            SignedTask::LoadPiece if failures >= TRIES => self.piece_loaded(None),
            SignedTask::FetchPiece(number) if failures >= TRIES_IN_A_MESSAGE => self.piece_settled(number, scratch),
            _ => {}
        }
    }
}

/// A configuration key that is read from the meter.
pub(crate) struct MeterPublicKey<'k> {
    id: ConnectorId,
    key: PrintedKey<'k>,
}

impl Json for MeterPublicKey<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("key")).raw(b"\"");
        members.raw(METER_PUBLIC_KEY.as_bytes());
        members.whole(self.id.into());
        members.raw(b"\"");
        members.name(name!("readonly")).raw(b"true");
        members.name(name!("value")).raw(b"\"");
        let mut field = [0; attached::KEY_LEN_MAX];
        write_base64(members, attached::field_of(self.key, &mut field));
        members.raw(b"\"");
        members.close();
    }
}
