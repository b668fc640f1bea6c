//! Blocks and channels, the control thread, both paces, and overruns.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use device::{Config, Device, Pace, Source, signal};
use support::PATIENCE;

use crate::stage::{Blocks, Recording, Stage, record};
use crate::wav;

/// Longer than any machine stands still, so that a FIFO of this length never overruns.
const PATIENT_SECONDS: u32 = 10;

fn flat_out(frames: u64) -> Config {
    Config { pace: Pace::FlatOut, ..Config::signal(frames) }
}

fn first_samples(count: u64) -> Vec<i16> {
    (0..count).map(signal).collect()
}

#[test]
fn every_block_is_full_but_the_last_which_brings_the_rest() {
    let lengths = [(1, 10), (3, 10), (7, 49), (1024, 10_000), (10_000, 10_000), (65_536, 99)];
    for (block_length, frames) in lengths {
        let sample_rate = 100_000;
        let source = Source::Signal { sample_rate, channels: 1 };
        let fifo_length = Some(PATIENT_SECONDS * sample_rate);
        for pace in [Pace::FlatOut, Pace::RealTime] {
            let source = source.clone();
            let config = Config { source, pace, block_length, fifo_length, frames: Some(frames) };
            let recording = record(&config);
            let all = first_samples(frames);
            let expected: Vec<_> = all.chunks(block_length as usize).collect();
            assert_eq!(recording.blocks, expected, "{pace:?}, blocks of {block_length}");
            assert_eq!(recording.stats.overruns, 0);
            assert_eq!(recording.ended, Ok(true));
            assert_eq!(recording.notice, None);
        }
    }
}

#[test]
fn blocks_hold_whole_frames_of_interleaved_channels() {
    for channels in [1, 2, 3, 6, 65_535] {
        let source = Source::Signal { sample_rate: 48_000, channels };
        let recording = record(&Config { source, block_length: 2, ..flat_out(5) });
        let lengths: Vec<_> = recording.blocks.iter().map(Vec::len).collect();
        assert_eq!(lengths, [2, 2, 1].map(|frames| frames * channels as usize));
        assert_eq!(recording.samples(), first_samples(5 * u64::from(channels)));
        assert_eq!((recording.channels, recording.sample_rate), (channels, 48_000));
    }
}

#[test]
fn all_callbacks_run_on_the_control_thread() {
    let threads = Arc::new(Mutex::new(BTreeSet::new()));
    let stage = Stage::set({
        let threads = Arc::clone(&threads);
        move |_| {
            threads.lock().expect("no panic").insert(device::thread_id());
        }
    });
    let device = Device::open(&flat_out(100_000)).expect("it opens");
    assert_eq!(device.statistics().thread_id, 0, "it has no thread before it starts");
    stage.start(&device).expect("it starts");
    assert_eq!(device.wait(PATIENCE), Ok(true));
    let control = device.statistics().thread_id;
    assert_eq!(*threads.lock().expect("no panic"), BTreeSet::from([control]));
    assert_ne!(control, device::thread_id());
}

#[test]
fn while_a_callback_runs_nothing_else_happens() {
    let (entered, has_entered) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let stage = Stage::set(move |_| {
        let _ = entered.send(());
        let _ = may_go.recv_timeout(PATIENCE);
    });
    let device = Device::open(&flat_out(3 * 1024)).expect("it opens");
    stage.start(&device).expect("it starts");
    for returned in 0..3 {
        has_entered.recv_timeout(PATIENCE).expect("a callback");
        assert_eq!(device.wait(Duration::from_millis(20)), Ok(false));
        assert!(has_entered.try_recv().is_err(), "a second callback during the first");
        let stats = device.statistics();
        assert_eq!((stats.blocks, stats.samples), (returned, returned * 1024));
        go.send(()).expect("the callback waits");
    }
    assert_eq!(device.wait(PATIENCE), Ok(true));
    assert_eq!((device.statistics().blocks, stage.crowded()), (3, 0));
}

#[test]
fn flat_out_the_device_waits_for_the_slowest_callback() {
    let blocks = Blocks::default();
    let held = Duration::from_millis(30);
    let stage = Stage::set({
        let blocks = blocks.clone();
        let mut first = true;
        move |block| {
            blocks.push(block);
            if first {
                thread::sleep(held);
            }
            first = false;
        }
    });
    let device = Device::open(&flat_out(50_000)).expect("it opens");
    stage.start(&device).expect("it starts");
    assert_eq!(device.wait(PATIENCE), Ok(true));
    assert_eq!(blocks.take().concat(), first_samples(50_000));
    let stats = device.statistics();
    assert_eq!(stats.overruns, 0);
    assert!(Duration::from_nanos(stats.longest_callback_ns) >= held, "{stats:?}");
}

#[test]
fn in_real_time_a_quick_callback_loses_nothing_and_the_clock_sets_the_pace() {
    let frames = 4_800; // a tenth of a second
    let fifo_length = Some(PATIENT_SECONDS * Config::SAMPLE_RATE);
    let begun = Instant::now();
    let recording = record(&Config { fifo_length, ..Config::signal(frames) });
    assert!(begun.elapsed() >= Duration::from_millis(100), "too early: {:?}", begun.elapsed());
    assert_eq!(recording.samples(), first_samples(frames));
    assert_eq!(recording.stats.overruns, 0);
}

/// A tenth of a second of stereo in real time, whose first callback stays until all of it is due.
/// All samples are different.
fn overrun(source: Source) -> Recording {
    let blocks = Blocks::default();
    let stage = Stage::set({
        let blocks = blocks.clone();
        let mut first = true;
        move |block| {
            blocks.push(block);
            if first {
                thread::sleep(Duration::from_millis(150));
            }
            first = false;
        }
    });
    let config = Config {
        block_length: 100,
        fifo_length: Some(250),
        frames: Some(15_000),
        ..Config::new(source)
    };
    let device = Device::open(&config).expect("it opens");
    stage.start(&device).expect("it starts");
    let ended = device.wait(PATIENCE);
    Recording {
        blocks: blocks.take(),
        stats: device.statistics(),
        notice: device.notice(),
        ended,
        sample_rate: device.sample_rate(),
        channels: device.channels(),
    }
}

/// What is missing of 0, 1, 2, ..., 29,999. Whole frames only, and all that is there in order.
fn missing(samples: &[i16]) -> u64 {
    let (mut expected, mut missing) = (0, 0);
    for sample in samples.iter().map(|&sample| u64::try_from(sample).expect("0 or more")) {
        assert!(sample >= expected, "{sample} came when {expected} was due");
        assert_eq!((sample - expected) % 2, 0, "half a frame is missing before {sample}");
        missing += sample - expected;
        expected = sample + 1;
    }
    missing + 30_000 - expected
}

#[test]
fn in_real_time_a_slow_callback_makes_overruns_that_are_counted_to_the_sample() {
    let recording = overrun(Source::Signal { sample_rate: 150_000, channels: 2 });
    assert_eq!(recording.ended, Ok(true));
    let Recording { stats, .. } = recording;
    assert!(stats.overruns >= 30_000 - 2 * (100 + 250), "the FIFO is longer than asked: {stats:?}");
    assert_eq!(stats.samples + stats.overruns, 30_000, "{stats:?}");
    assert_eq!(missing(&recording.samples()), stats.overruns, "the gap in the signal");
}

#[test]
fn a_recording_in_real_time_overruns_as_well() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("rising.raw");
    let samples: Vec<i16> = (0..30_000).collect();
    std::fs::write(&path, wav::bytes_of(&samples)).expect("a file");
    let recording = overrun(Source::Raw { path, sample_rate: 150_000, channels: 2 });
    assert_eq!(recording.ended, Ok(true));
    let stats = recording.stats;
    assert!(stats.overruns > 0, "{stats:?}");
    assert_eq!(stats.samples + stats.overruns, 30_000, "{stats:?}");
    assert_eq!(missing(&recording.samples()), stats.overruns, "the gap in the recording");
}

#[test]
fn in_real_time_a_stop_delivers_what_was_acquired_so_far() {
    let blocks = Blocks::default();
    let stage = Stage::set({
        let blocks = blocks.clone();
        move |block| blocks.push(block)
    });
    // A block takes ten seconds.
    let source = Source::Signal { sample_rate: 1_600_000, channels: 1 };
    let config = Config { block_length: 16_000_000, frames: None, ..Config::new(source) };
    let device = Device::open(&config).expect("it opens");
    stage.start(&device).expect("it starts");
    assert_eq!(device.wait(Duration::from_millis(50)), Ok(false));
    device.stop().expect("it stops");
    let blocks = blocks.take();
    let [block] = &blocks[..] else { panic!("{} blocks", blocks.len()) };
    assert!(!block.is_empty());
    assert_eq!(*block, first_samples(block.len() as u64));
    assert_eq!(device.statistics().overruns, 0);
}

#[test]
fn a_short_source_does_not_wait_for_a_long_block() {
    // The block would be full in an hour.
    let source = Source::Signal { sample_rate: 4_000, channels: 1 };
    let config = Config { block_length: 14_400_000, frames: Some(40), ..Config::new(source) };
    assert_eq!(record(&config).blocks, [first_samples(40)]);
}

#[test]
fn no_rate_is_too_high_and_no_block_too_short() {
    // As fast as the numbers go, and the largest FIFO: it must still come to its end.
    let source = Source::Signal { sample_rate: u32::MAX, channels: 1 };
    let recording = record(&Config {
        block_length: 4096,
        fifo_length: Some(16 * 1024 * 1024),
        frames: Some(8 * 1024 * 1024),
        ..Config::new(source)
    });
    assert_eq!(recording.samples().len() as u64 + recording.stats.overruns, 8 * 1024 * 1024);
}

#[test]
fn a_limit_ends_the_source_and_zero_is_a_limit_too() {
    for (frames, blocks) in [(0, 0), (1, 1), (1024, 1), (1025, 2)] {
        let recording = record(&flat_out(frames));
        assert_eq!(recording.stats.blocks, blocks);
        assert_eq!(recording.samples(), first_samples(frames));
        assert_eq!((recording.ended, recording.notice), (Ok(true), None));
    }
}
