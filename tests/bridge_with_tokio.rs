//! Experiment 8: what its chapter claims. Most of it experiment 9 claims too: `support/bridge.rs`.

use console::{Options, Session};
use device::{Config, Pace};
use support::bridge;

const NAME: &str = "bridge_with_tokio";
const ALL: [&str; 4] = ["blocking-send", "try-send", "spawn", "unbounded"];
const LOSSLESS: [&str; 3] = ["blocking-send", "spawn", "unbounded"];

#[test]
fn run_reports_two_seconds_of_the_signal() {
    let report = bridge_with_tokio::run().expect("the experiment runs");
    assert_eq!(report.samples + report.lost.device, 96_000);
    assert_eq!((report.lost.handoff, report.out_of_order), (0, 0));
}

#[test]
fn two_bridges_in_one_process_take_turns() {
    std::thread::scope(|scope| {
        for samples in [100_000, 130_001] {
            scope.spawn(move || {
                let pace = Pace::FlatOut;
                let device = Config { pace, ..Config::signal(samples) };
                let options = Options { device, seconds: None, ..Options::default() };
                let report = bridge_with_tokio::bridge(&options, &Session::quiet());
                let report = report.expect("the experiment runs");
                assert_eq!((report.samples, report.altered), (samples, Some(0)));
            });
        }
    });
}

#[test]
fn without_arguments_two_seconds_arrive() {
    bridge::without_arguments_two_seconds_arrive(NAME, "blocking-send");
}

#[test]
fn ten_million_samples_arrive_each_one_checked() {
    bridge::ten_million_samples_arrive(NAME, &LOSSLESS);
}

#[test]
fn try_send_counts_what_it_drops() {
    bridge::try_send_counts_what_it_drops(NAME);
}

#[test]
fn back_pressure_makes_the_device_overrun() {
    bridge::back_pressure_makes_the_device_overrun(NAME, "blocking-send");
}

#[test]
fn without_a_bound_memory_grows() {
    bridge::without_a_bound_memory_grows(NAME, "blocking-send");
}

#[test]
fn the_callback_runs_on_no_thread_of_ours() {
    bridge::the_callback_runs_on_no_thread_of_ours(NAME, &ALL);
}

#[test]
fn tasks_work_at_the_same_time() {
    bridge::consumers_work_at_the_same_time(NAME, &LOSSLESS);
}

#[test]
fn spawned_tasks_overtake_each_other() {
    // Ten thousand tasks, all runnable, on two threads. Not once in order: in one run out of ten
    // that would be a surprise, in all ten it would be another tokio.
    let overtook = (0..10).any(|_| {
        let many = ["--block", "64", "--seconds", "13.4", "--pace", "flat-out"];
        let report = bridge::report(NAME, &[&many[..], &["--strategy", "spawn"]].concat());
        report["out_of_order"].as_u64().expect("a number") > 0
    });
    assert!(overtook, "the chapter says that order is not kept");
}

#[test]
fn spawned_tasks_pile_up_as_in_a_channel_without_a_bound() {
    let slow = ["--capacity", "4", "--workers", "1", "--work", "5000", "--pace", "flat-out"];
    let report = bridge::report(NAME, &[&slow[..], &["--strategy", "spawn"]].concat());
    assert!(report["most_waiting"].as_u64().expect("a number") > 2 * 6, "{report}");
}

#[test]
fn an_async_send_that_nobody_awaits_sends_nothing() {
    let output = support::run("send_without_await", &[]);
    assert_eq!(support::stdout(&output), "10 blocks delivered, 0 received\n");
    assert_eq!(output.status.code(), Some(0), "and nobody complains");
}

#[test]
fn on_a_thread_of_spawn_blocking_a_callback_may_wait() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let received = runtime.block_on(async {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
        let library_call = move || [1, 2, 3].map(|sample| sender.blocking_send(sample));
        let calling = tokio::task::spawn_blocking(library_call);
        let mut received = Vec::new();
        while let Some(sample) = receiver.recv().await {
            received.push(sample);
        }
        assert_eq!(calling.await.expect("no panic"), [Ok(()); 3]);
        received
    });
    assert_eq!(received, [1, 2, 3]);
}

mod crashes {
    use std::process::Output;

    fn assert_words(output: &Output, words: &str) {
        let printed = support::stderr(output);
        assert!(printed.contains(words), "{words:?} is not in\n{printed}");
    }

    #[test]
    fn a_runtime_inside_a_runtime_panics() {
        let output = support::run("runtime_in_runtime", &[]);
        assert_words(&output, "Cannot start a runtime from within a runtime.");
        assert_eq!(output.status.code(), Some(101));
    }

    #[test]
    fn blocking_send_on_a_thread_of_the_runtime_panics_and_the_callback_aborts() {
        let output = support::run("blocking_send_in_runtime", &[]);
        assert_words(&output, "Cannot block the current thread from within a runtime.");
        assert_words(&output, "panic in a function that cannot unwind");
        #[cfg(unix)]
        support::assert_signal(&output, libc::SIGABRT);
        #[cfg(windows)]
        assert_eq!(output.status.code(), Some(0xc000_0409_u32.cast_signed()));
    }
}

#[test]
fn recordings_come_out_equal() {
    bridge::recordings_come_out_equal(NAME, &LOSSLESS);
}

#[test]
fn bad_input_gets_a_sentence_and_status_2() {
    bridge::bad_input_gets_a_sentence_and_status_2(NAME);
}

#[test]
fn a_truncated_recording_says_so() {
    bridge::a_truncated_recording_says_so(NAME);
}

#[test]
fn seconds_limit_a_recording_too() {
    bridge::seconds_limit_a_recording_too(NAME);
}

#[test]
#[cfg(unix)]
fn ctrl_c_stops_drains_and_reports() {
    support::ctrl_c::ctrl_c_stops_drains_and_reports(NAME, libc::SIGINT);
}

#[test]
#[cfg(unix)]
fn being_terminated_is_answered_like_ctrl_c() {
    support::ctrl_c::ctrl_c_stops_drains_and_reports(NAME, libc::SIGTERM);
}

#[test]
#[cfg(unix)]
fn a_recording_that_fails_in_the_middle_is_status_1() {
    support::ctrl_c::a_recording_that_fails_in_the_middle_is_status_1(NAME);
}

#[test]
#[cfg(unix)]
fn a_second_ctrl_c_ends_at_once() {
    support::ctrl_c::a_second_ctrl_c_ends_at_once(NAME);
}

#[test]
#[cfg(unix)]
fn a_closed_standard_output_is_no_reason_to_panic() {
    support::ctrl_c::a_closed_standard_output_is_no_reason_to_panic(NAME);
}

#[test]
#[cfg(unix)]
fn the_meter_is_redrawn_in_its_place_and_erased() {
    support::terminal::the_meter_is_redrawn_in_its_place_and_erased(NAME);
}

#[test]
fn help_names_every_option() {
    bridge::help_names_every_option(NAME, &ALL);
}
