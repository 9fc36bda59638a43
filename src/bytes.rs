//! Bytes in lent buffers.

use core::cell::Cell;

/// Copies to the beginning of `to`. Returns the copy; `None` when it would not fit.
//
// A function of its own: within the body of an `async` one two buffers are not known to be apart, and the compiler would
// bring a general memmove into the firmware.
#[cfg(feature = "flash")]
#[inline(never)]
pub(crate) fn copy<'t>(to: &'t mut [u8], from: &[u8]) -> Option<&'t mut [u8]> {
    let place = to.get_mut(..from.len())?;
    place.iter_mut().zip(from).for_each(|(place, byte)| *place = *byte);
    Some(place)
}

/// Copies as many bytes as both have, and returns how many that is.
#[cfg(feature = "websocket")]
pub(crate) fn copy_fitting(from: &[u8], to: &mut [u8]) -> usize {
    to.iter_mut().zip(from).map(|(to, from)| *to = *from).count()
}

/// Removes the first `count` bytes: the others move to the front, and the last `count` places keep what they held.
///
/// Cell by cell: `copy_within` would bring a general memmove into every firmware.
pub(crate) fn remove_front(bytes: &mut [u8], count: usize) {
    let cells = Cell::from_mut(bytes).as_slice_of_cells();
    for (place, byte) in cells.iter().zip(cells.iter().skip(count)) {
        place.set(byte.get());
    }
}

/// Makes room for `count` bytes in front of the first `len`: these move back, and the first `count` places keep what they
/// held. `None` when they would not fit.
pub(crate) fn make_room(bytes: &mut [u8], len: usize, count: usize) -> Option<()> {
    let cells = Cell::from_mut(bytes.get_mut(..len + count)?).as_slice_of_cells();
    for (place, byte) in cells.iter().skip(count).zip(cells).rev() {
        place.set(byte.get());
    }
    Some(())
}

/// Whether both are the same; word by word, which for the short names of OCPP is several times as fast as memcmp.
#[inline(never)]
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    let ((words, rest), (others, other_rest)) = (one.as_chunks::<4>(), other.as_chunks::<4>());
    let is_word = |(word, other): (&[u8; 4], &[u8; 4])| u32::from_ne_bytes(*word) == u32::from_ne_bytes(*other);
    one.len() == other.len()
        && words.iter().zip(others).all(is_word)
        && rest.iter().zip(other_rest).all(|(byte, other)| byte == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_the_same_is_the_same() {
        for (one, other) in
            [("limit", "limiT"), ("startPeriod", "startPerio"), ("", "a"), ("abcd", "abcx"), ("xbcd", "abcd")]
        {
            assert!(same(one.as_bytes(), one.as_bytes()) && !same(one.as_bytes(), other.as_bytes()));
        }
    }

    #[test]
    fn bytes_keep_their_order_when_they_move() {
        let mut bytes = *b"abcdef";
        remove_front(&mut bytes, 2);
        assert_eq!(&bytes, b"cdefef");
        assert_eq!(make_room(&mut bytes, 4, 2), Some(()));
        assert_eq!(&bytes, b"cdcdef");
        assert_eq!(make_room(&mut bytes, 4, 3), None);
    }
}
