//! WRONG: edits an object through a pointer that came from a `&`. It is a constant in read-only
//! memory, so it can be read, and the first write ends the program.

use std::ffi::c_void;
use std::io::{self, Write};
use std::ptr;

use pass_rust_object_2::{Tally, ffi, forward};

unsafe extern "C" fn edit(object: *mut c_void, value: i32) {
    let tally: *mut Tally = object.cast();
    // SAFETY: the object is a constant: alive as long as the program is, and nobody can write to it.
    let total = unsafe { (*tally).total };
    let mut out = io::stdout();
    let _ = writeln!(out, "read {total}"); // `println!` could panic, and C is waiting
    let _ = out.flush();
    // SAFETY: none. That `tally` is a `*mut` says nothing about the memory it points to.
    unsafe { (*tally).total = total.wrapping_add(value) };
    let _ = writeln!(out, "edited"); // never gets here
}

fn main() {
    let object: &Tally = &Tally { count: 0, total: 5 };
    let object: *mut Tally = ptr::from_ref(object).cast_mut();
    // SAFETY: C keeps the pointer and doesn't use it.
    unsafe { ffi::pass_rust_object_2_state_set(object.cast(), Some(edit)) };
    // SAFETY: `forward` is there as long as the program is.
    unsafe { ffi::pass_rust_object_2_main_register(Some(forward)) };
    // SAFETY: none, as `edit` has none.
    unsafe { ffi::pass_rust_object_2_main_deliver(1) };
}
