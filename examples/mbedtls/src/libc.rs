//! What Mbed TLS wants of a C library beyond what tinyrlibc has: texts for people, which nobody reads here.

use core::ffi::{c_char, c_int};

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
