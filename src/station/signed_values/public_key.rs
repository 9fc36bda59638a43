//! MeterPublicKey: configuration keys that are read from the meters (note §3.3.1).

use super::meter::PrintedKey;
use super::pieces::{KEY_LEN_MAX, field_of, fits};
use crate::station::ConnectorId;
use crate::station::core_profile::Core;

/// A configuration key that is read from the meter.
pub(crate) struct MeterPublicKey<'k> {
    pub(crate) id: ConnectorId,
    key: PrintedKey<'k>,
}

impl MeterPublicKey<'_> {
    /// Its value, but for Base64.
    pub(crate) fn field<'b>(&self, buffer: &'b mut [u8; KEY_LEN_MAX]) -> &'b [u8] {
        field_of(self.key, buffer)
    }
}

impl Core<'_> {
    /// The key MeterPublicKey of a connector, if it has such a meter (note §3.3.1).
    pub(crate) fn meter_public_key(&self, id: ConnectorId) -> Option<MeterPublicKey<'_>> {
        let key = self.connector(id)?.signed_meter()?.public_key()?;
        fits(key).then_some(MeterPublicKey { id, key })
    }
}
