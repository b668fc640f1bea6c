//! Experiment 9: what its chapter claims. Most of it experiment 8 claims too: `support/bridge.rs`.

use console::{Options, Session};
use device::{Config, Pace};
use support::bridge;

const NAME: &str = "bridge_with_sync";
const ALL: [&str; 4] = ["send", "try-send", "unbounded", "fan-out"];
const LOSSLESS: [&str; 3] = ["send", "unbounded", "fan-out"];

#[test]
fn run_reports_two_seconds_of_the_signal() {
    let report = bridge_with_sync::run().expect("the experiment runs");
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
                let report = bridge_with_sync::bridge(&options, &Session::quiet());
                let report = report.expect("the experiment runs");
                assert_eq!((report.samples, report.altered), (samples, Some(0)));
            });
        }
    });
}

#[test]
fn without_arguments_two_seconds_arrive() {
    bridge::without_arguments_two_seconds_arrive(NAME, "send");
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
    bridge::back_pressure_makes_the_device_overrun(NAME, "send");
}

#[test]
fn without_a_bound_memory_grows() {
    bridge::without_a_bound_memory_grows(NAME, "send");
}

#[test]
fn the_callback_runs_on_no_thread_of_ours() {
    bridge::the_callback_runs_on_no_thread_of_ours(NAME, &ALL);
}

#[test]
fn threads_work_at_the_same_time() {
    bridge::consumers_work_at_the_same_time(NAME, &LOSSLESS);
}

#[test]
fn a_fan_out_gives_each_thread_its_share() {
    let arguments = ["--strategy", "fan-out", "--workers", "3", "--pace", "flat-out"];
    let report = bridge::report(NAME, &arguments);
    assert_eq!(report["consumer_threads"].as_array().map(Vec::len), Some(3), "{report}");
    assert_eq!(report["out_of_order"], 0, "in order within each thread's channel");
    assert_eq!((report["samples"].as_u64(), report["altered"].as_u64()), (Some(96_000), Some(0)));
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
