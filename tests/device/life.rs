//! Start, wait, stop and close, in every order and from everywhere.

use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex, OnceLock, mpsc};
use std::time::Duration;
use std::{ptr, thread};

use device::ffi::{self, DeviceConfig};
use device::{Config, Device, Pace, Source, Stats, Status};
use support::PATIENCE;

use crate::stage::{Blocks, Stage};

fn endless(pace: Pace) -> Config {
    let source = Source::Signal { sample_rate: 48_000, channels: 1 };
    Config { pace, ..Config::new(source) }
}

fn status<T>(result: Result<T, device::Error>) -> Option<Status> {
    result.err().map(|error| error.status())
}

#[test]
fn a_device_that_was_not_started_has_nothing_to_stop_or_to_wait_for() {
    let stage = Stage::set(|_| {});
    let device = Device::open(&Config::signal(0)).expect("it opens");
    assert_eq!(status(device.stop()), Some(Status::NotStarted));
    assert_eq!(status(device.wait(PATIENCE)), Some(Status::NotStarted));
    assert_eq!(device.statistics(), Stats::default());
    assert_eq!(device.notice(), None);
    stage.start(&device).expect("and it may still be started");
    assert_eq!(device.wait(PATIENCE), Ok(true));
}

#[test]
fn a_device_starts_once() {
    let stage = Stage::set(|_| {});
    let device = Device::open(&endless(Pace::RealTime)).expect("it opens");
    stage.start(&device).expect("it starts");
    assert_eq!(status(stage.start(&device)), Some(Status::AlreadyStarted), "while it runs");
    assert_eq!(status(device.limit(1)), Some(Status::AlreadyStarted), "while it runs");
    device.stop().expect("it stops");
    assert_eq!(status(stage.start(&device)), Some(Status::AlreadyStarted), "after its end");
    assert_eq!(status(device.limit(1)), Some(Status::AlreadyStarted), "after its end");
}

#[test]
fn of_many_that_start_it_at_once_one_succeeds() {
    let stage = Stage::set(|_| {});
    for _ in 0..50 {
        let device = Device::open(&endless(Pace::FlatOut)).expect("it opens");
        let barrier = Barrier::new(4);
        let started = AtomicU64::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    barrier.wait();
                    match status(stage.start(&device)) {
                        None => started.fetch_add(1, Ordering::Relaxed),
                        refused => {
                            assert_eq!(refused, Some(Status::AlreadyStarted));
                            0
                        }
                    }
                });
            }
        });
        assert_eq!(started.into_inner(), 1);
    }
}

#[test]
fn a_null_callback_is_refused_and_the_device_may_still_be_started() {
    let stage = Stage::set(|_| {});
    let handle = open_by_hand();
    // SAFETY: the handle is open; null is allowed, and refused.
    let refused = unsafe { ffi::device_start(handle, None) };
    assert_eq!(Status::from_number(refused), Status::NullArgument);
    // SAFETY: the handle is open, and the stage's callback is sound to call from anywhere.
    assert_eq!(unsafe { ffi::device_start(handle, Some(stage.callback())) }, 0);
    // SAFETY: the handle is open, and used no more.
    assert_eq!(unsafe { ffi::device_close(handle) }, 0);
}

#[test]
fn a_stop_returns_after_the_last_callback() {
    for pace in [Pace::RealTime, Pace::FlatOut] {
        let (entered, has_entered) = mpsc::channel();
        let (go, may_go) = mpsc::channel::<()>();
        let stage = Stage::set(move |_| {
            let _ = entered.send(());
            let _ = may_go.recv_timeout(PATIENCE); // not at all once `go` is dropped
        });
        let device = Device::open(&endless(pace)).expect("it opens");
        stage.start(&device).expect("it starts");
        has_entered.recv_timeout(PATIENCE).expect("a callback");
        let stopped = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                device.stop().expect("it stops");
                stopped.store(true, Ordering::SeqCst);
            });
            assert_eq!(device.wait(Duration::from_millis(50)), Ok(false));
            assert!(!stopped.load(Ordering::SeqCst), "it stopped while a callback ran");
            drop(go);
        });
        let entered = 1 + has_entered.try_iter().count() as u64;
        assert_eq!(device.statistics().blocks, entered, "every callback has returned");
        assert_eq!(device.wait(Duration::ZERO), Ok(true), "and it has ended");
    }
}

#[test]
fn stopping_again_or_after_the_end_does_nothing() {
    let stage = Stage::set(|_| {});
    let stopped = Device::open(&endless(Pace::FlatOut)).expect("it opens");
    stage.start(&stopped).expect("it starts");
    assert_eq!(stopped.stop(), Ok(()));
    let stats = stopped.statistics();
    assert_eq!((stopped.stop(), stopped.wait(PATIENCE)), (Ok(()), Ok(true)));
    assert_eq!(stopped.statistics(), stats);

    let ended = Device::open(&Config { pace: Pace::FlatOut, ..Config::signal(10) }).expect("opens");
    stage.start(&ended).expect("it starts");
    assert_eq!((ended.wait(PATIENCE), ended.stop()), (Ok(true), Ok(())));
    assert_eq!(ended.statistics().samples, 10);
}

#[test]
fn a_device_that_was_stopped_at_once_has_ended() {
    let stage = Stage::set(|_| {});
    for pace in [Pace::RealTime, Pace::FlatOut] {
        for _ in 0..100 {
            let device = Device::open(&endless(pace)).expect("it opens");
            stage.start(&device).expect("it starts");
            assert_eq!((device.stop(), device.wait(Duration::ZERO)), (Ok(()), Ok(true)));
        }
    }
}

#[test]
fn many_threads_may_stop_it_at_once() {
    for pace in [Pace::RealTime, Pace::FlatOut] {
        let blocks = Arc::new(AtomicU64::new(0));
        let stage = Stage::set({
            let blocks = Arc::clone(&blocks);
            move |_| {
                blocks.fetch_add(1, Ordering::SeqCst);
            }
        });
        let device = Device::open(&endless(pace)).expect("it opens");
        stage.start(&device).expect("it starts");
        let barrier = Barrier::new(8);
        let seen = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    barrier.wait();
                    device.stop().expect("it stops for everybody");
                    seen.lock().expect("no panic").push(blocks.load(Ordering::SeqCst));
                });
            }
        });
        let last = device.statistics().blocks;
        assert_eq!(*seen.lock().expect("no panic"), [last; 8], "a callback after a stop");
    }
}

#[test]
fn inside_the_callback_stop_and_wait_are_refused_and_the_device_goes_on() {
    for pace in [Pace::FlatOut, Pace::RealTime] {
        let refused = Arc::new(Mutex::new(Vec::new()));
        let device = Arc::new(OnceLock::<Device>::new());
        let stage = Stage::set({
            let (refused, device) = (Arc::clone(&refused), Arc::clone(&device));
            move |_| {
                let Some(device) = device.get() else { return };
                let statuses = [status(device.stop()), status(device.wait(PATIENCE))];
                if let Ok(mut refused) = refused.lock() {
                    refused.push(statuses);
                }
            }
        });
        let fifo_length = Some(480_000);
        let config = Config { pace, block_length: 100, fifo_length, ..Config::signal(500) };
        let device = device.get_or_init(|| Device::open(&config).expect("it opens"));
        stage.start(device).expect("it starts");
        assert_eq!(device.wait(PATIENCE), Ok(true));
        assert_eq!(device.statistics().samples, 500);
        let all = [[Some(Status::InCallback); 2]; 5];
        assert_eq!(*refused.lock().expect("no panic"), all);
    }
}

#[test]
fn inside_its_callback_a_device_may_stop_another() {
    let other = Arc::new(OnceLock::<Device>::new());
    let (results, received) = mpsc::channel();
    let stage = Stage::set({
        let other = Arc::clone(&other);
        move |_| {
            if let Some(other) = other.get() {
                let _ = results.send(status(other.stop()));
            }
        }
    });
    let device = Device::open(&Config { pace: Pace::FlatOut, ..Config::signal(1) }).expect("opens");
    // A block takes minutes, so it does not call back before it is stopped.
    let config = Config { block_length: 10_000_000, ..endless(Pace::RealTime) };
    let other = other.get_or_init(|| Device::open(&config).expect("it opens"));
    stage.start(other).expect("it starts");
    stage.start(&device).expect("it starts");
    assert_eq!(device.wait(PATIENCE), Ok(true));
    assert_eq!(received.recv_timeout(PATIENCE), Ok(None), "the other one was stopped");
    assert_eq!(other.wait(Duration::ZERO), Ok(true));
}

fn open_by_hand() -> *mut ffi::DeviceHandle {
    let config = DeviceConfig {
        source: 0,
        pace: 1,
        path: ptr::null(),
        block_length: 1,
        fifo_length: 0,
        sample_rate: 48_000,
        channels: 1,
        message: ptr::null_mut(),
        message_size: 0,
    };
    let mut handle = ptr::null_mut();
    // SAFETY: `config` outlives the call.
    assert_eq!(unsafe { ffi::device_open(&raw const config, &raw mut handle) }, 0);
    handle
}

#[test]
fn inside_the_callback_close_is_refused_and_nothing_happens() {
    let handle = Arc::new(AtomicPtr::new(open_by_hand()));
    let (results, received) = mpsc::channel();
    let stage = Stage::set({
        let handle = Arc::clone(&handle);
        move |_| {
            // SAFETY: the handle is open until the test closes it, which waits for this callback.
            let _ = results.send(unsafe { ffi::device_close(handle.load(Ordering::Relaxed)) });
        }
    });
    let handle = handle.load(Ordering::Relaxed);
    // SAFETY: the handle is open.
    assert_eq!(unsafe { ffi::device_limit(handle, 3) }, 0);
    // SAFETY: the handle is open, and the stage's callback is sound to call from anywhere.
    assert_eq!(unsafe { ffi::device_start(handle, Some(stage.callback())) }, 0);
    // SAFETY: the handle is open.
    assert_eq!(unsafe { ffi::device_wait(handle, 60_000) }, 0);
    let results: Vec<_> = received.try_iter().map(Status::from_number).collect();
    assert_eq!(results, [Status::InCallback; 3]);
    // SAFETY: the handle is open, and used no more.
    assert_eq!(unsafe { ffi::device_close(handle) }, 0);
}

#[test]
fn dropping_a_running_device_stops_it_after_its_last_callback() {
    for pace in [Pace::RealTime, Pace::FlatOut] {
        let gone = Arc::new(AtomicBool::new(false));
        let late = Arc::new(AtomicU64::new(0));
        let (first, has_come) = mpsc::channel();
        let stage = Stage::set({
            let (gone, late) = (Arc::clone(&gone), Arc::clone(&late));
            move |_| {
                let _ = first.send(());
                late.fetch_add(gone.load(Ordering::SeqCst).into(), Ordering::SeqCst);
            }
        });
        let device = Device::open(&endless(pace)).expect("it opens");
        stage.start(&device).expect("it starts");
        has_come.recv_timeout(PATIENCE).expect("a callback");
        drop(device);
        gone.store(true, Ordering::SeqCst);
        // As long as several blocks take.
        thread::sleep(Duration::from_millis(70));
        assert_eq!(late.load(Ordering::SeqCst), 0, "callbacks of a device that is gone");
    }
}

#[test]
fn inside_the_callback_the_statistics_count_those_that_have_returned() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let device = Arc::new(OnceLock::<Device>::new());
    let stage = Stage::set({
        let (seen, device) = (Arc::clone(&seen), Arc::clone(&device));
        move |_| {
            let Some(device) = device.get() else { return };
            let stats = device.statistics();
            if let Ok(mut seen) = seen.lock() {
                seen.push((stats.blocks, stats.samples, stats.thread_id == device::thread_id()));
            }
        }
    });
    let config = Config { pace: Pace::FlatOut, block_length: 10, ..Config::signal(35) };
    let device = device.get_or_init(|| Device::open(&config).expect("it opens"));
    stage.start(device).expect("it starts");
    assert_eq!(device.wait(PATIENCE), Ok(true));
    let expected = [(0, 0, true), (1, 10, true), (2, 20, true), (3, 30, true)];
    assert_eq!(*seen.lock().expect("no panic"), expected);
    assert_eq!(device.statistics().samples, 35);
}

#[test]
fn a_wait_gives_up_when_its_time_is_over() {
    let stage = Stage::set(|_| {});
    let device = Device::open(&endless(Pace::RealTime)).expect("it opens");
    stage.start(&device).expect("it starts");
    assert_eq!(device.wait(Duration::ZERO), Ok(false));
    assert_eq!(device.wait(Duration::from_millis(5)), Ok(false));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| device.wait(Duration::MAX));
        device.stop().expect("it stops");
        assert_eq!(waiting.join().expect("no panic"), Ok(true), "a wait sees the stop");
    });
}

#[test]
fn several_devices_run_at_once() {
    // One stage serves them all. It takes a block at a time; those in between it only counts.
    let blocks = Blocks::default();
    let stage = Stage::set({
        let blocks = blocks.clone();
        move |block| blocks.push(block)
    });
    let config = Config { pace: Pace::FlatOut, ..Config::signal(100_000) };
    let devices: Vec<_> = (0..4).map(|_| Device::open(&config).expect("it opens")).collect();
    for device in &devices {
        stage.start(device).expect("it starts");
    }
    let mut called = 0;
    for device in &devices {
        assert_eq!(device.wait(PATIENCE), Ok(true));
        assert_eq!(device.statistics().samples, 100_000);
        called += device.statistics().blocks;
    }
    assert_eq!((blocks.take().len() + stage.crowded()) as u64, called);
}
