//! What one would write without the library, for `examples/cost.rs`.

use std::ffi::c_char;
use std::slice;
use std::str::from_utf8;

/// A text as C has it.
#[repr(C)]
struct Text {
    pointer: *const c_char,
    length: usize,
}

/// Its length; false, if it is no text. The same checks as the library's, but nothing can be
/// withdrawn, no panic may happen, and no error has words.
///
/// # Safety
///
/// Null, or a text; and somewhere to write to.
#[unsafe(no_mangle)]
unsafe extern "C" fn meter_length_by_hand(text: *const Text, answer: *mut u64) -> bool {
    if text.is_null() || !text.is_aligned() {
        return false;
    }
    // SAFETY: checked, and the caller's promise.
    let text = unsafe { &*text };
    let bytes: &[u8] = match text.length {
        0 => &[],
        length if text.pointer.is_null() || length > isize::MAX as usize => return false,
        // SAFETY: checked, and the caller's promise.
        length => unsafe { slice::from_raw_parts(text.pointer.cast(), length) },
    };
    let Ok(text) = from_utf8(bytes) else { return false };
    // SAFETY: the caller's promise.
    unsafe { answer.write(text.len() as u64) };
    true
}
