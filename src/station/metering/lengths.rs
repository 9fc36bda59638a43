//! How long the lists of measurands may be.

use super::list::{
    ITEMS_MAX, LONGEST_ITEM, METER_VALUES_ALIGNED_DATA_MAX_LENGTH, METER_VALUES_SAMPLED_DATA_MAX_LENGTH,
    STOP_TXN_ALIGNED_DATA_MAX_LENGTH, STOP_TXN_SAMPLED_DATA_MAX_LENGTH,
};
use crate::station::keys::{CHANGE_OF_LIST, announced};
use crate::store::Keys;

/// Announces what the receive buffer has room for.
#[inline(always)]
pub(crate) fn announce(keys: &mut Keys<'_>, receive: usize) {
    let items = announced(receive, CHANGE_OF_LIST, LONGEST_ITEM, ITEMS_MAX);
    keys.set_integer(&METER_VALUES_ALIGNED_DATA_MAX_LENGTH, items);
    keys.set_integer(&METER_VALUES_SAMPLED_DATA_MAX_LENGTH, items);
    keys.set_integer(&STOP_TXN_ALIGNED_DATA_MAX_LENGTH, items);
    keys.set_integer(&STOP_TXN_SAMPLED_DATA_MAX_LENGTH, items);
}
