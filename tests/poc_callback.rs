//! Experiment 2: what its chapter claims.

use std::mem::offset_of;
use std::sync::Barrier;
use std::{fs, thread};

use device::{Config, Pace, Source};
use poc_callback::ffi::{POC_CALLBACK_PAUSE_MS, poc_callback_notes_layout};
use poc_callback::{Callback, Notes, configuration, run, watch};

const FRAMES: u64 = 28_800;
/// Windows may wake a sleeper up to a tick of its clock early.
const PAUSE_NS: u64 = (POC_CALLBACK_PAUSE_MS - if cfg!(windows) { 16 } else { 0 }) * 1_000_000;

#[test]
fn callback_runs_on_the_devices_thread_and_not_on_ours() {
    let report = run().expect("the experiment runs");
    assert_eq!(report.our_thread, device::thread_id());
    for run in [report.quick, report.slow] {
        assert_eq!(run.notes.thread_id, run.stats.thread_id);
        assert_ne!(run.notes.thread_id, report.our_thread);
    }
}

#[test]
fn quick_callback_loses_nothing() {
    let quick = watch(Callback::Quick, &configuration()).expect("the device runs");
    assert_eq!((quick.stats.blocks, quick.stats.samples), (60, FRAMES));
    assert_eq!((quick.notes.blocks, quick.notes.samples), (60, FRAMES));
    assert_eq!((quick.stats.overruns, quick.notes.missing), (0, 0));
}

#[test]
fn slow_callback_makes_the_device_overrun() {
    let config = configuration();
    let slow = watch(Callback::Slow, &config).expect("the device runs");
    let longest = slow.stats.longest_callback_ns;
    assert!(longest >= PAUSE_NS, "the device stood still for only {longest} ns");

    let fifo = config.fifo_length.map_or(0, u64::from);
    let due_meanwhile = longest * 48_000 / 1_000_000_000;
    let ever_due = FRAMES - u64::from(config.block_length);
    let at_least = due_meanwhile.min(ever_due) - fifo;
    let lost = slow.stats.overruns;
    assert!(lost >= at_least, "{at_least} samples found no room, {lost} were counted");
    assert!(at_least > 4_000, "the pause is too short to show anything: {at_least}");

    assert_eq!(slow.stats.samples + lost, FRAMES, "nothing is lost without being counted");
    assert_eq!((slow.notes.blocks, slow.notes.samples), (slow.stats.blocks, slow.stats.samples));
    // What is lost at the very end no later block gives away.
    assert!(slow.notes.missing <= lost, "{} of {lost}", slow.notes.missing);
}

#[test]
fn slow_callback_loses_nothing_where_the_device_waits_for_it() {
    let config = Config { pace: Pace::FlatOut, ..configuration() };
    let slow = watch(Callback::Slow, &config).expect("the device runs");
    assert!(slow.stats.longest_callback_ns >= PAUSE_NS);
    assert_eq!((slow.notes.samples, slow.notes.missing), (FRAMES, 0));
    assert_eq!(slow.stats.overruns, 0);
}

#[test]
fn callback_sees_a_gap_and_its_length() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("with_a_gap.raw");
    let samples = (0..1_000_i16).chain(1_250..2_000);
    let bytes: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    fs::write(&path, bytes).expect("a recording");

    let source = Source::Raw { path, sample_rate: 48_000, channels: 1 };
    let config = Config { pace: Pace::FlatOut, ..Config::new(source) };
    let notes = watch(Callback::Quick, &config).expect("the device runs").notes;
    assert_eq!((notes.samples, notes.missing), (1_750, 250));
}

#[test]
fn two_runs_at_once_do_not_mix_their_notes() {
    let both_start = Barrier::new(2);
    let run = |frames| {
        let config = Config { pace: Pace::FlatOut, ..Config::signal(frames) };
        both_start.wait();
        watch(Callback::Quick, &config).expect("the device runs")
    };
    let lengths = [2_000_000, 3_000_000];
    let runs = thread::scope(|scope| {
        let threads = lengths.map(|frames| scope.spawn(move || run(frames)));
        threads.map(|thread| thread.join().expect("no panic"))
    });
    for (run, frames) in runs.into_iter().zip(lengths) {
        assert_eq!((run.notes.samples, run.notes.missing), (frames, 0));
        assert_eq!(run.notes.blocks, run.stats.blocks);
        assert_eq!(run.notes.thread_id, run.stats.thread_id);
    }
}

#[test]
fn a_failed_run_leaves_the_notes_free_for_the_next() {
    let nothing = Config { block_length: 0, ..configuration() };
    let error = watch(Callback::Quick, &nothing).expect_err("blocks of no samples");
    assert_eq!(error.to_string(), "device configuration: the block length is 0 frames");
    let config = Config { pace: Pace::FlatOut, ..Config::signal(1_000) };
    assert_eq!(watch(Callback::Quick, &config).expect("the device runs").notes.samples, 1_000);
}

#[test]
fn c_and_rust_lay_the_notes_out_alike() {
    let rust = [
        size_of::<Notes>(),
        offset_of!(Notes, thread_id),
        offset_of!(Notes, blocks),
        offset_of!(Notes, samples),
        offset_of!(Notes, missing),
    ];
    assert_eq!(poc_callback_notes_layout, rust);
}
