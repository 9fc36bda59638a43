//! The heap of Mbed TLS; nothing else has anything in it.

use embedded_alloc::LlffHeap;

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

const LEN: usize = 48 * 1024;

/// Before anything is allocated, once.
pub(crate) fn start() {
    // SAFETY: nobody else touches this memory, which is of here
    unsafe {
        embedded_alloc::init!(HEAP, LEN);
    }
}
