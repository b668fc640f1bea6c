//! What a callback does makes no system call: its thread asks the kernel to kill the process at the
//! next one.
//!
//! Each test does so in a child process. Two twins make a call, to see that it is noticed. Where the
//! kernel does not offer this (`seccomp`), a test says so and proves nothing.
#![cfg(target_os = "linux")]

use std::convert::Infallible;
use std::ffi::c_void;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, hint, io, process};

use callback_bridge::closure::{Callback, Thunk, UserData};
use callback_bridge::handoff::{Builder, Overflow, PushError, WakeUps};
use callback_bridge::request::{self, Completion};

/// Steps of each test.
const STEPS: u64 = 10_000;

/// Only guards against a hang.
const LONG: Duration = Duration::from_secs(60);

/// Set in the child.
const CHILD: &str = "HANDOFF_SYSTEM_CALLS";

/// The child's exit code where the kernel does not offer `seccomp`.
const SKIPPED: i32 = 77;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Survives,
    Killed,
}

/// In a child process: `prepare` runs on a thread of its own, as usual, and what it returns runs
/// there where system calls are forbidden, a panic's included. What that returns is kept, as
/// dropping it may need one. `check` comes afterwards, on another thread.
fn in_a_child<K, W: FnOnce() -> K>(
    test: &str,
    expected: End,
    prepare: impl FnOnce() -> W + Send + 'static,
    check: impl FnOnce(),
) {
    if env::var_os(CHILD).is_some() {
        run(prepare);
        check();
        process::exit(0);
    }
    let output = Command::new(env::current_exe().expect("it is running"))
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .expect("a child");
    let end = match (output.status.code(), output.status.signal()) {
        (Some(0), _) => End::Survives,
        (_, Some(libc::SIGSYS)) => End::Killed,
        (Some(SKIPPED), _) => {
            let reason = String::from_utf8_lossy(&output.stderr);
            // Not by `eprintln`, which the test runner keeps to itself where a test passes.
            writeln!(io::stderr(), "{test} is skipped: {}", reason.trim()).expect("standard error");
            return;
        }
        _ => panic!("{output:?}"),
    };
    assert_eq!(end, expected, "{output:?}");
}

fn run<K, W: FnOnce() -> K>(prepare: impl FnOnce() -> W + Send + 'static) {
    let done = Arc::new(AtomicU64::new(0));
    let is_done = Arc::clone(&done);
    thread::spawn(move || {
        let work = prepare();
        if let Err(error) = forbid_system_calls() {
            eprintln!("seccomp: {error}");
            process::exit(SKIPPED);
        }
        let _kept = work();
        // Release: pairs with the Acquire in `wait_for`.
        is_done.store(1, Ordering::Release);
        // A thread can't end without a system call.
        loop {
            hint::spin_loop();
        }
    });
    wait_for(&done, 1);
}

fn wait_for(count: &AtomicU64, expected: u64) {
    let begin = Instant::now();
    // Acquire: pairs with the Release of whoever counts.
    while count.load(Ordering::Acquire) != expected {
        assert!(begin.elapsed() < LONG, "{count:?} instead of {expected}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// From here on, each system call of this thread kills the process with `SIGSYS`.
fn forbid_system_calls() -> io::Result<()> {
    let kill = libc::sock_filter {
        code: libc::BPF_RET as u16,
        jt: 0,
        jf: 0,
        k: libc::SECCOMP_RET_KILL_PROCESS,
    };
    let mut program = [kill];
    let program = libc::sock_fprog { len: 1, filter: program.as_mut_ptr() };
    // Whoever is not root may only filter where no program gains rights.
    // SAFETY: it takes numbers, for this thread.
    if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let mode = libc::SECCOMP_SET_MODE_FILTER;
    // SAFETY: the program lives across the call, which copies it.
    if unsafe { libc::syscall(libc::SYS_seccomp, mode, 0, &raw const program) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Some microseconds, without a clock: reading one may be a system call.
fn pause() {
    spin(200);
}

/// Longer and longer: a twin's other thread must fall asleep, also where its core is busy.
fn pause_of_a_twin(step: u64) {
    spin(200 << (step * 10 / STEPS));
}

fn spin(times: u64) {
    for _ in 0..times {
        hint::spin_loop();
    }
}

#[test]
fn a_push_to_a_consumer_that_is_awake_makes_none() {
    let (mut producer, mut consumer) = Builder::new(64, 4).build();
    let received = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&received);
    in_a_child(
        "a_push_to_a_consumer_that_is_awake_makes_none",
        End::Survives,
        move || {
            thread::spawn(move || {
                loop {
                    if let Ok(block) = consumer.try_recv() {
                        assert_eq!(block[0], count.fetch_add(1, Ordering::Release));
                    }
                }
            });
            move || {
                for step in 0..STEPS {
                    while producer.push(&[step; 4]) == Err(PushError::Full) {
                        hint::spin_loop();
                    }
                }
                producer
            }
        },
        || wait_for(&received, STEPS),
    );
}

/// Pushes slowly to a consumer that sleeps most of the time, or all of it.
fn push_to_sleeping(test: &str, wake_ups: WakeUps, expected: End) {
    let ring = Builder::new(STEPS as usize, 1).wake_ups(wake_ups);
    let (mut producer, mut consumer) = ring.build();
    let (accepted, received) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let counts = (Arc::clone(&accepted), Arc::clone(&received));
    in_a_child(
        test,
        expected,
        move || {
            thread::spawn(move || {
                while let Ok(block) = consumer.recv() {
                    assert_eq!(block[0], counts.1.fetch_add(1, Ordering::Release));
                }
            });
            move || {
                for step in 0..STEPS {
                    let pushed = producer.push(&[step]);
                    counts.0.fetch_add(pushed.is_ok().into(), Ordering::Release);
                    match expected {
                        End::Survives => pause(),
                        End::Killed => pause_of_a_twin(step),
                    }
                }
                // Kept, for its end would wake the consumer.
                producer
            }
        },
        || {
            wait_for(&accepted, STEPS);
            if let WakeUps::Clock(_) = wake_ups {
                wait_for(&received, STEPS);
            }
        },
    );
}

#[test]
fn a_push_to_a_consumer_that_sleeps_by_the_clock_makes_none() {
    push_to_sleeping(
        "a_push_to_a_consumer_that_sleeps_by_the_clock_makes_none",
        WakeUps::Clock(Duration::from_millis(1)),
        End::Survives,
    );
}

#[test]
fn a_push_below_the_threshold_makes_none() {
    push_to_sleeping(
        "a_push_below_the_threshold_makes_none",
        WakeUps::From(STEPS + 1),
        End::Survives,
    );
}

/// The twin of the two above: the same consumer sleeps, and is woken.
#[test]
fn a_push_that_wakes_is_noticed() {
    push_to_sleeping("a_push_that_wakes_is_noticed", WakeUps::AtOnce, End::Killed);
}

#[test]
fn a_push_that_finds_no_room_makes_none() {
    let channel = |overflow| Builder::new(4, 4).overflow(overflow).build::<u64>();
    let (mut newest, _consumer) = channel(Overflow::DropNewest);
    let (mut oldest, other) = channel(Overflow::DropOldest);
    let refused = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&refused);
    in_a_child(
        "a_push_that_finds_no_room_makes_none",
        End::Survives,
        move || {
            while newest.push(&[0; 4]).is_ok() {}
            move || {
                for step in 0..STEPS {
                    let refusal = newest.push(&[step; 4]);
                    let dropped = oldest.push(&[step; 4]);
                    let as_chosen = refusal == Err(PushError::Full) && dropped.is_ok();
                    count.fetch_add(as_chosen.into(), Ordering::Release);
                }
                (newest, oldest)
            }
        },
        || {
            wait_for(&refused, STEPS);
            assert!(other.stats().dropped_blocks > STEPS / 2);
        },
    );
}

#[test]
fn a_call_of_a_closure_makes_none_after_the_first_of_its_thread() {
    type WithUserData = unsafe extern "C" fn(u64, *mut c_void);
    type Without = unsafe extern "C" fn(u64);

    let sum = Arc::new(AtomicU64::new(0));
    let (one, other) = (Arc::clone(&sum), Arc::clone(&sum));
    in_a_child(
        "a_call_of_a_closure_makes_none_after_the_first_of_its_thread",
        End::Survives,
        move || {
            let mut callback = None;
            let registration = Callback::new(move |number: u64, _: UserData| {
                one.fetch_add(number, Ordering::Release);
            })
            .register(|function: WithUserData, user_data: *mut c_void| {
                callback = Some((function, user_data));
                Ok::<_, Infallible>(|| ())
            });
            let mut thunk = None;
            let registration_of_thunk = Thunk::new(move |number: u64| {
                other.fetch_add(number, Ordering::Release);
            })
            .register(|function: Without| {
                thunk = Some(function);
                Ok::<_, Infallible>(|| ())
            });
            let (function, user_data) = callback.expect("it was registered");
            let thunk = thunk.expect("it was registered");
            let call_both = move || {
                // SAFETY: it is registered, with this user data.
                unsafe { function(1, user_data) };
                // SAFETY: it is registered.
                unsafe { thunk(1) };
            };
            call_both();
            move || {
                (0..STEPS).for_each(|_| call_both());
                (registration, registration_of_thunk)
            }
        },
        || wait_for(&sum, 2 * (STEPS + 1)),
    );
}

#[test]
fn an_answer_that_nobody_sleeps_for_makes_none() {
    let (completions, responses): (Vec<_>, Vec<_>) =
        (0..STEPS).map(|_| request::completion::<u64>()).unzip();
    in_a_child(
        "an_answer_that_nobody_sleeps_for_makes_none",
        End::Survives,
        move || {
            let handles: Vec<_> = completions.into_iter().map(Completion::into_raw).collect();
            move || {
                for (answer, handle) in (0..STEPS).zip(&handles) {
                    // `check` sees whether it was taken.
                    let _ = request::complete_raw(*handle, answer);
                }
                handles
            }
        },
        || {
            for (answer, response) in (0..STEPS).zip(responses) {
                assert_eq!(response.try_take().ok(), Some(answer));
            }
        },
    );
}

/// The twin of the one above.
#[test]
fn an_answer_that_wakes_is_noticed() {
    let (completions, responses): (Vec<_>, Vec<_>) =
        (0..STEPS).map(|_| request::completion::<u64>()).unzip();
    in_a_child(
        "an_answer_that_wakes_is_noticed",
        End::Killed,
        move || {
            thread::spawn(move || {
                for (answer, response) in (0..STEPS).zip(responses) {
                    assert_eq!(response.wait(), Ok(answer));
                }
            });
            let handles: Vec<_> = completions.into_iter().map(Completion::into_raw).collect();
            move || {
                for (answer, handle) in (0..STEPS).zip(&handles) {
                    let _ = request::complete_raw(*handle, answer);
                    pause_of_a_twin(answer);
                }
                handles
            }
        },
        || (),
    );
}
