//! The configuration keys that tell what is signed.

use crate::station::metering::MEASURANDS;
use crate::store::{ListCodec, ListKey, SwitchKey, TextSink};

/// When the public key goes along with a value (note §3.3.2).
pub(crate) const PUBLIC_KEY_WITH_SIGNED_METER_VALUE: ListKey =
    ListKey::new(64, "OncePerTransaction", 6, &TELLING_OF_KEY);
/// Whether periodic values are signed at all, and with them the beginning and the end (note §3.3.3).
pub(crate) const SAMPLED_DATA_SIGN_READINGS: SwitchKey = SwitchKey::new(53, false);
/// What is told right after StartTransaction (note §3.3.4).
pub(crate) const START_TXN_SAMPLED_DATA: ListKey = ListKey::new(65, "", 7, &MEASURANDS);
/// Whether that is signed (note §3.3.5).
pub(crate) const SAMPLED_DATA_SIGN_STARTED_READINGS: SwitchKey = SwitchKey::new(54, false);
/// Whether samples in the course of a transaction are signed (note §3.3.6).
pub(crate) const SAMPLED_DATA_SIGN_UPDATED_READINGS: SwitchKey = SwitchKey::new(55, false);
/// Whether values at moments of the clock are signed at all, and with them the beginning and the end (note §3.3.7).
pub(crate) const ALIGNED_DATA_SIGN_READINGS: SwitchKey = SwitchKey::new(61, false);
/// Whether those of the course of a transaction are (note §3.3.8).
pub(crate) const ALIGNED_DATA_SIGN_UPDATED_READINGS: SwitchKey = SwitchKey::new(62, false);

/// Places in [`TELLING_OF_KEY`].
pub(super) const NEVER: u8 = 0;
pub(super) const ONCE: u8 = 1;

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
pub(crate) fn is_telling_of_key(slot: u8) -> bool {
    slot == PUBLIC_KEY_WITH_SIGNED_METER_VALUE.slot()
}
