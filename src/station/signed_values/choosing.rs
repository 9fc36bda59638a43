//! Which values are signed, and which tell the public key.

use super::keys::{
    ALIGNED_DATA_SIGN_READINGS, ALIGNED_DATA_SIGN_UPDATED_READINGS, NEVER, ONCE, PUBLIC_KEY_WITH_SIGNED_METER_VALUE,
    SAMPLED_DATA_SIGN_READINGS, SAMPLED_DATA_SIGN_STARTED_READINGS, SAMPLED_DATA_SIGN_UPDATED_READINGS,
    START_TXN_SAMPLED_DATA,
};
use super::meter::{SignedMeter, SigningMoment};
use super::pieces::{DATA_PIECES_MAX, KEY_LEN_MAX, METHOD_LEN_MAX};
use crate::station::ConnectorId;
use crate::station::core_profile::Core;
use crate::station::journal::entry::{PIECE_LEN, PLAIN_LEN_MAX};
use crate::station::metering;
use crate::store::{ListKey, SwitchKey};
use crate::time::Instant;

impl Core<'_> {
    /// What the meters can do is known.
    pub(crate) fn announce_signed_meters(&mut self) {
        let meters = || self.connectors.iter().filter_map(|connector| connector.signed_meter());
        let entries = |meter: &dyn SignedMeter| entries_of(meter.value_len_max());
        let of_all = meters().map(entries).fold(0, u32::saturating_add);
        let of_transaction = meters().map(entries).max().unwrap_or(0);
        (self.signed_values.of_all, self.signed_values.of_transaction) = (of_all, of_transaction);
        if !meters().any(SignedMeter::signs_samples) {
            self.common.keys.fix_off(&SAMPLED_DATA_SIGN_UPDATED_READINGS);
            self.common.keys.fix_off(&ALIGNED_DATA_SIGN_UPDATED_READINGS);
        }
    }

    /// Whether StopTransaction tells signed values of this connector (note §3.1.4).
    pub(crate) fn signs_ends(&self, id: ConnectorId) -> bool {
        self.signs(id, &SAMPLED_DATA_SIGN_READINGS, &metering::STOP_TXN_SAMPLED_DATA)
            || self.signs(id, &ALIGNED_DATA_SIGN_READINGS, &metering::STOP_TXN_ALIGNED_DATA)
    }

    /// Whether the value of the beginning goes out right after StartTransaction (note §3.3.5).
    pub(super) fn signs_starts(&self, id: ConnectorId) -> bool {
        self.common.keys.is_on(&SAMPLED_DATA_SIGN_STARTED_READINGS)
            && self.signs(id, &SAMPLED_DATA_SIGN_READINGS, &START_TXN_SAMPLED_DATA)
    }

    /// Whether there is to be a signed value before the transaction starts.
    pub(crate) fn signs_beginning(&self, id: ConnectorId) -> bool {
        self.signs_ends(id) || self.signs_starts(id)
    }

    /// A sample of the running transaction is due: has it signed, if those of its kind are (note §3.3.6, §3.3.8).
    pub(crate) fn sign_sample(&mut self, now: Instant, id: ConnectorId, moment: SigningMoment) {
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
    pub(crate) fn tell_beginning(&mut self, id: ConnectorId) {
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
    pub(super) fn tells_key(&self, id: ConnectorId, moment: SigningMoment) -> bool {
        match self.common.keys.list(&PUBLIC_KEY_WITH_SIGNED_METER_VALUE).first() {
            Some(&NEVER) => false,
            Some(&ONCE) if self.signs_ends(id) => moment == SigningMoment::End,
            Some(&ONCE) => self.connector(id).is_some_and(|connector| !connector.signing.has_told_key),
            _ => true,
        }
    }
}

/// How many entries of plain length the values of the beginning and of the end take up, which are of so many bytes.
fn entries_of(value_len: usize) -> u32 {
    let len = value_len.min(usize::from(DATA_PIECES_MAX) * PIECE_LEN) + KEY_LEN_MAX + 3 * METHOD_LEN_MAX;
    2 * (len / PLAIN_LEN_MAX + 2) as u32
}
