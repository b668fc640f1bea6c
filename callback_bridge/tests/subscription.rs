//! A registration and its consumer in one: what is let go first.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use callback_bridge::closure::{Registration, Thunk, Unregister};
use callback_bridge::handoff::{Builder, Overflow, Subscription, WakeUps};
use device::{Config, Device, Pace};
use futures_util::StreamExt;

/// Only ever guards against a hang.
const LONG: Duration = Duration::from_secs(20);

/// A device that runs flat out, and blocks of 100 samples of its signal.
fn subscribe(
    blocks: usize,
    frames: u64,
) -> (Arc<Device>, Subscription<i16, impl Unregister<Error = device::Error>>) {
    let config = Config { pace: Pace::FlatOut, block_length: 100, ..Config::signal(frames) };
    let device = Arc::new(Device::open(&config).expect("the signal opens"));
    let (mut producer, consumer) = Builder::new(blocks, 100).overflow(Overflow::Wait).build();
    let thunk = Thunk::new(move |samples: *const i16, count: usize| {
        // SAFETY: the device lends `count` samples while the callback runs.
        let samples = unsafe { std::slice::from_raw_parts(samples, count) };
        let _ = producer.push(samples);
    });
    let running = Arc::clone(&device);
    let registration: Registration<_> = thunk
        .register(|function| {
            // SAFETY: the thunk is good until it is unregistered, and never unwinds.
            unsafe { device.start(function) }?;
            Ok::<_, device::Error>(move || running.stop())
        })
        .unwrap_or_else(|error| panic!("{error:?}"));
    (device, Subscription::new(consumer, registration))
}

#[test]
fn dropping_it_releases_a_callback_that_waits_for_room() {
    let (device, mut blocks) = subscribe(2, u64::MAX);
    assert_eq!(blocks.recv().expect("a block")[..3], [0, 1, 2]);
    drop(blocks); // nobody makes room any more, and yet the device can be stopped
    assert_eq!(device.wait(Duration::ZERO), Ok(true));
}

#[test]
fn unregistering_leaves_what_was_handed_over_before() {
    let (device, mut blocks) = subscribe(4, u64::MAX);
    drop(blocks.recv().expect("a block"));
    while blocks.stats().high_water < blocks.stats().capacity / 2 {
        std::thread::yield_now();
    }
    let (ended, mut consumer) = blocks.unregister();
    assert!(ended.outcome.is_ok() && ended.dropped, "{ended:?}");
    assert_eq!(device.wait(Duration::ZERO), Ok(true));
    let mut next = 100;
    while let Ok(block) = consumer.recv() {
        assert!(block.iter().copied().eq((next..next + 100).map(device::signal)));
        next += 100;
    }
    assert!(next > 100, "half a ring was waiting");
}

#[test]
fn its_parts_can_go_on_in_two_places() {
    let (device, blocks) = subscribe(4, 10_050);
    let (mut consumer, registration) = blocks.into_parts();
    let receiving = std::thread::spawn(move || {
        let mut samples = 0;
        while let Ok(block) = consumer.recv() {
            samples += block.len();
        }
        samples
    });
    while !device.wait(Duration::from_secs(1)).expect("it ends") {}
    assert!(registration.unregister().outcome.is_ok());
    assert_eq!(receiving.join().expect("no panic"), 10_050);
}

/// Each thousandth block is handed over and then followed by a panic. The owner sees a thousand blocks,
/// the end and the panic, lets C call again, and sees the next thousand.
fn ends_at_each_panic(wake_ups: WakeUps) {
    let config = Config { pace: Pace::FlatOut, block_length: 1, ..Config::signal(u64::MAX) };
    let device = Arc::new(Device::open(&config).expect("the signal opens"));
    let (mut producer, consumer) = Builder::new(4, 1).wake_ups(wake_ups).build();
    let mut pushed = 0;
    let thunk = Thunk::new(move |samples: *const i16, count: usize| {
        // SAFETY: the device lends `count` samples while the callback runs.
        let samples = unsafe { std::slice::from_raw_parts(samples, count) };
        pushed += u32::from(producer.try_push(samples).is_ok());
        assert_ne!(pushed % 1000, 0, "a thousand");
    });
    let running = Arc::clone(&device);
    let registration = thunk
        .register(|function| {
            // SAFETY: the thunk is good until it is unregistered, and never unwinds.
            unsafe { device.start(function) }?;
            Ok::<_, device::Error>(move || running.stop())
        })
        .unwrap_or_else(|error| panic!("{error:?}"));
    let mut blocks = Subscription::new(consumer, registration);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for round in 0..4 {
        let mut seen = 0;
        if round % 2 == 0 {
            while blocks.recv().is_ok() {
                seen += 1;
            }
        } else {
            runtime.block_on(async {
                while blocks.next().await.is_some() {
                    seen += 1;
                }
            });
        }
        assert_eq!(seen, 1000, "round {round}");
        assert!(blocks.registration().is_poisoned());
        let panic = blocks.registration().take_panic().expect("it waits");
        assert!(panic.downcast::<String>().expect("words").contains("a thousand"));
        blocks.registration().clear_poison();
    }
    assert_eq!(blocks.registration().counts().panics, 4);
}

#[test]
fn it_ends_when_its_callback_has_panicked() {
    let clock = WakeUps::Clock(Duration::from_micros(100));
    for wake_ups in [WakeUps::AtOnce, WakeUps::From(3), clock] {
        // A consumer that nobody wakes stays behind, and the test ends without it.
        let (over, is_over) = mpsc::channel();
        let test = std::thread::spawn(move || {
            ends_at_each_panic(wake_ups);
            let _ = over.send(());
        });
        if is_over.recv_timeout(LONG) == Err(RecvTimeoutError::Timeout) {
            panic!("nobody wakes the consumer: {wake_ups:?}");
        }
        test.join().expect("no panic but the callback's");
    }
}
