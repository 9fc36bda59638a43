//! Free vend: whoever plugs in is given energy, and no card is asked for. A key of ArduinoOcpp's, not of OCPP.

use super::claim::Claim;
use super::connector::Finishing;
use super::session::Phase;
use super::{ConnectorId, IdToken, Station, plain_text};
use crate::store::{ListCodec, ListKey, SwitchKey};
use crate::time::Instant;

/// Plugging in is all that it takes.
pub(crate) const FREE_VEND_ACTIVE: SwitchKey = SwitchKey::new(57, false);
/// The tag of these transactions; none means [`NOBODY`].
pub(crate) const FREE_VEND_ID_TAG: ListKey = ListKey::new(58, "", 5, &ID_TAG);

/// The tag that ArduinoOcpp names when it was given none.
const NOBODY: &str = "A0000000";

/// A text of at most 20 characters, kept as it is.
static ID_TAG: ListCodec =
    ListCodec { encode: |text, buffer| plain_text::encode(text, 20, buffer), decode: plain_text::decode };

impl Station<'_> {
    /// Begins a transaction for whoever has plugged in.
    pub(super) fn begin_free_vend(&mut self, now: Instant, id: ConnectorId) {
        let wants = self.core.connector(id).is_some_and(|connector| {
            connector.equipment.has_plug_sensor()
                && connector.switches.plugged()
                && connector.session.phase() == Phase::Idle
                && connector.visit.finishing == Finishing::No
        });
        if !wants || self.may_begin(id).is_err() {
            return;
        }
        let named = core::str::from_utf8(self.core.common.keys.list(&FREE_VEND_ID_TAG)).unwrap_or_default();
        let id_tag = IdToken::from_text(if named.is_empty() { NOBODY } else { named }).unwrap_or_default();
        if !matches!(self.reservations.claim(&self.core, id, &id_tag, None), Claim::Free | Claim::Ours(_)) {
            return;
        }
        let _ = self.begin_session(now, id_tag, id, true); // it may begin
        if let Some(connector) = self.core.connector_mut(id) {
            connector.session.card.is_free = true;
        }
    }
}
