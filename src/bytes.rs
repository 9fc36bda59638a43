//! Bytes in lent buffers.

use core::cell::Cell;

/// Removes the first `count` bytes: the others move to the front, and the last `count` places keep what they held.
///
/// Cell by cell: `copy_within` would bring a general memmove into every firmware.
pub(crate) fn remove_front(bytes: &mut [u8], count: usize) {
    let cells = Cell::from_mut(bytes).as_slice_of_cells();
    for (place, byte) in cells.iter().zip(cells.iter().skip(count)) {
        place.set(byte.get());
    }
}
