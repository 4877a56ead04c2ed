//! Data of the program that is changed in its file after it was compiled.
#![allow(unsafe_code, reason = "a compiler that knows a constant does not read it")]

/// Such data as it stands in the program that was started, and not as the compiler knew it.
pub fn as_loaded<T: Copy>(data: &'static T) -> T {
    // SAFETY: a reference is valid for reading, aligned and initialised.
    unsafe { std::ptr::read_volatile(data) }
}
