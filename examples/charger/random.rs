//! Random numbers of the host, good enough for a simulator: the keys that std draws for its hash maps.

use std::hash::{BuildHasher, RandomState};

pub(crate) fn number() -> u32 {
    RandomState::new().hash_one(0) as u32
}

pub(crate) fn fill(bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(4) {
        chunk.copy_from_slice(&number().to_ne_bytes()[..chunk.len()]);
    }
}
