//! Copying without a panic path, and without the call of memcpy that costs more than most pieces are long.

/// Copies `bytes` to `place`, which must be as long.
pub(crate) fn copy(place: &mut [u8], bytes: &[u8]) {
    let (words, rest) = place.as_chunks_mut::<4>();
    let (from_words, from_rest) = bytes.as_chunks::<4>();
    words.iter_mut().zip(from_words).for_each(|(place, word)| *place = *word);
    rest.iter_mut().zip(from_rest).for_each(|(place, byte)| *place = *byte);
}
