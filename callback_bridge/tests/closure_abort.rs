//! What can't be helped: the process aborts, and says why.
#![cfg(unix)]

use std::env;
use std::ffi::c_void;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

use callback_bridge::closure::{Callback, UserData};

/// Runs this test in a child process with `CLOSURE_ABORT` set.
fn in_a_child(test: &str) -> Output {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("CLOSURE_ABORT", "1")
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap()
}

fn is_the_child() -> bool {
    env::var_os("CLOSURE_ABORT").is_some()
}

#[test]
fn a_thread_that_ends_inside_a_callback_aborts_the_process() {
    if is_the_child() {
        let callback = Callback::new(|_: UserData| {
            // SAFETY: it is not: this is the mistake.
            unsafe { libc::pthread_exit(std::ptr::null_mut()) }
        });
        let _registration = callback.register(
            |function: unsafe extern "C" fn(*mut c_void), user_data: *mut c_void| {
                let user_data = user_data.addr();
                let library = std::thread::spawn(move || {
                    // SAFETY: it belongs together.
                    unsafe { function(std::ptr::without_provenance_mut(user_data)) }
                });
                let _ = library.join();
                Ok::<_, ()>(|| ())
            },
        );
        return;
    }
    let output = in_a_child("a_thread_that_ends_inside_a_callback_aborts_the_process");
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{output:?}");
}

#[test]
fn a_fallback_that_panics_aborts_the_process() {
    if is_the_child() {
        let callback =
            Callback::new(|_: UserData| -> u8 { panic!("first") }).or_else(|_| panic!("second"));
        let _registration = callback.register(
            |function: unsafe extern "C" fn(*mut c_void) -> u8, user_data: *mut c_void| {
                // SAFETY: it belongs together.
                unsafe { function(user_data) };
                Ok::<_, ()>(|| ())
            },
        );
        return;
    }
    let output = in_a_child("a_fallback_that_panics_aborts_the_process");
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("first") && said.contains("second"), "{said}");
}
