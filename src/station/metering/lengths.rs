//! How long the lists of measurands may be.

use super::list::{
    ITEMS_MAX, METER_VALUES_ALIGNED_DATA_MAX_LENGTH, METER_VALUES_SAMPLED_DATA_MAX_LENGTH,
    STOP_TXN_ALIGNED_DATA_MAX_LENGTH, STOP_TXN_SAMPLED_DATA_MAX_LENGTH,
};
use crate::station::room::Room;
use crate::store::Keys;

/// Announces what a request has room for.
#[inline(always)]
pub(crate) fn announce(keys: &mut Keys<'_>, room: &Room) {
    let items = room.measurands.min(ITEMS_MAX as u16).into();
    keys.set_integer(&METER_VALUES_ALIGNED_DATA_MAX_LENGTH, items);
    keys.set_integer(&METER_VALUES_SAMPLED_DATA_MAX_LENGTH, items);
    keys.set_integer(&STOP_TXN_ALIGNED_DATA_MAX_LENGTH, items);
    keys.set_integer(&STOP_TXN_SAMPLED_DATA_MAX_LENGTH, items);
}
