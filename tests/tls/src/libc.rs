//! What Mbed TLS wants of a C library beyond what tinyrlibc has, and the heap behind `calloc`.

use core::ffi::{c_char, c_int};
use core::mem::MaybeUninit;

use embedded_alloc::LlffHeap;
use tinyrlibc as _;

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

const HEAP_LEN: usize = 32 * 1024;

/// Before anything is allocated, once.
pub(crate) fn start_heap() {
    static mut MEMORY: [MaybeUninit<u8>; HEAP_LEN] = [MaybeUninit::uninit(); HEAP_LEN];
    // SAFETY: nobody else touches this memory
    unsafe { HEAP.init(&raw mut MEMORY as usize, HEAP_LEN) };
}

// Texts for people, which nobody reads here.

#[unsafe(no_mangle)]
extern "C" fn puts(_: *const c_char) -> c_int {
    0
}

#[unsafe(no_mangle)]
extern "C" fn printf(_: *const c_char) -> c_int {
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn snprintf(text: *mut c_char, len: usize, _: *const c_char) -> c_int {
    if len != 0 {
        // SAFETY: the caller has `len` bytes there
        unsafe { text.write(0) };
    }
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn vsnprintf(text: *mut c_char, len: usize, format: *const c_char) -> c_int {
    // SAFETY: as that of the caller
    unsafe { snprintf(text, len, format) }
}
