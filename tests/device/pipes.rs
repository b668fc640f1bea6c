//! Named pipes: they can't seek, they bring bytes in any portions, and they make the device wait.

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use device::{Config, Device, Pace, Source, Status};
use support::PATIENCE;
use tempfile::TempDir;

use crate::recordings::{flat_out, good_files, raw, samples};
use crate::stage::{Blocks, Stage, record, try_record};
use crate::wav::{self, bytes_of};

struct Pipe {
    path: PathBuf,
    _folder: TempDir,
}

impl Pipe {
    fn new() -> Pipe {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("pipe");
        let name = CString::new(path.as_os_str().as_bytes()).expect("a name");
        // SAFETY: the name is a terminated string, and is only read.
        assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
        Pipe { path, _folder: folder }
    }

    /// Writes in the background, in portions of that many bytes, and closes the pipe.
    fn feed(&self, bytes: Vec<u8>, portion: usize) -> JoinHandle<()> {
        let path = self.path.clone();
        thread::spawn(move || {
            let mut pipe = OpenOptions::new().write(true).open(path).expect("the pipe");
            for part in bytes.chunks(portion) {
                if pipe.write_all(part).is_err() {
                    return; // the device has seen enough
                }
            }
        })
    }

    /// The writing end; waits until the reading end is open.
    fn writer(&self) -> File {
        OpenOptions::new().write(true).open(&self.path).expect("the pipe")
    }
}

/// Waits until the reader has taken all bytes out of the pipe.
fn wait_until_drained(pipe: &File) {
    let begun = Instant::now();
    loop {
        let mut left: libc::c_int = 0;
        // SAFETY: FIONREAD writes one int, and `left` is one.
        let status = unsafe { libc::ioctl(pipe.as_raw_fd(), libc::FIONREAD, &raw mut left) };
        assert_eq!(status, 0, "FIONREAD");
        if left == 0 {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{left} bytes are not read");
        thread::sleep(Duration::from_millis(1));
    }
}

fn sources(path: &Path) -> [Source; 2] {
    [Source::Wav(path.to_owned()), raw(path, 2)]
}

#[test]
fn every_wav_file_comes_through_a_pipe_in_any_portions() {
    for (name, bytes, channels) in good_files() {
        for portion in [1, 7, 1_000_000] {
            if portion == 1 && bytes.len() > 10_000 {
                continue;
            }
            let pipe = Pipe::new();
            let feeder = pipe.feed(bytes.clone(), portion);
            let recording = record(&flat_out(Source::Wav(pipe.path.clone())));
            feeder.join().expect("the feeder");
            assert_eq!(recording.samples(), samples(), "{name}, {portion} bytes at a time");
            assert_eq!(recording.channels, channels, "{name}");
            assert_eq!((recording.ended, recording.notice), (Ok(true), None), "{name}");
        }
    }
}

#[test]
fn raw_samples_come_through_a_pipe_in_any_portions() {
    for pace in [Pace::FlatOut, Pace::RealTime] {
        for portion in [1, 3, 1_000_000] {
            let pipe = Pipe::new();
            let feeder = pipe.feed(bytes_of(&samples()), portion);
            let source = raw(&pipe.path, 2);
            let fifo_length = Some(480_000);
            let recording = record(&Config { pace, fifo_length, ..flat_out(source) });
            feeder.join().expect("the feeder");
            assert_eq!(recording.samples(), samples(), "{portion} bytes at a time, {pace:?}");
            assert_eq!((recording.ended, recording.notice), (Ok(true), None));
            assert_eq!(recording.stats.overruns, 0, "late is not lost");
        }
    }
}

#[test]
fn in_real_time_a_recording_that_comes_late_is_not_lost() {
    // The FIFO holds a second. Nothing comes for longer than that, and then more than it holds.
    let rate = 500;
    let pipe = Pipe::new();
    let source = Source::Raw { path: pipe.path.clone(), sample_rate: rate, channels: 1 };
    let config = Config { fifo_length: Some(rate), block_length: 50, ..Config::new(source) };
    let feeder = thread::spawn(move || {
        let mut writer = pipe.writer(); // as soon as the device has opened its end
        thread::sleep(Duration::from_millis(1_200));
        writer.write_all(&bytes_of(&samples()[..550])).expect("samples");
    });
    let recording = record(&config);
    feeder.join().expect("the feeder");
    assert_eq!(recording.samples(), samples()[..550]);
    assert_eq!((recording.ended, recording.stats.overruns), (Ok(true), 0));
}

#[test]
fn a_pipe_that_brings_nothing_is_empty() {
    let pipe = Pipe::new();
    let feeder = pipe.feed(Vec::new(), 1);
    let error = try_record(&flat_out(Source::Wav(pipe.path.clone()))).expect_err("nothing came");
    feeder.join().expect("the feeder");
    let sentence = format!("{}: is empty", pipe.path.display());
    assert_eq!((error.status(), error.to_string()), (Status::Empty, sentence));

    let feeder = pipe.feed(Vec::new(), 1);
    let recording = record(&flat_out(raw(&pipe.path, 1)));
    feeder.join().expect("the feeder");
    let error = recording.ended.expect_err("nothing came");
    let sentence = format!("{}: holds no samples", pipe.path.display());
    assert_eq!((error.status(), error.to_string()), (Status::Empty, sentence.clone()));
    assert_eq!(recording.notice, Some(sentence));
}

#[test]
fn a_pipe_that_breaks_off_delivers_what_came_and_says_so() {
    let pipe = Pipe::new();
    let feeder = pipe.feed(wav::simple(2, &samples())[..44 + 401].to_vec(), 10);
    let recording = record(&flat_out(Source::Wav(pipe.path.clone())));
    feeder.join().expect("the feeder");
    assert_eq!(recording.samples(), samples()[..200]);
    let notice = format!(
        "{}: is truncated: its data chunk claims 1200 bytes, but only 401 are there",
        pipe.path.display()
    );
    assert_eq!((recording.ended, recording.notice), (Ok(true), Some(notice)));
}

/// Opens a device on the pipe and gives it what opening needs; its other end stays open. A device
/// that wants more than that would wait for ever.
fn open_with(pipe: &Pipe, config: Config, header: &[u8]) -> (Device, File) {
    let (opened, device) = mpsc::channel();
    thread::spawn(move || opened.send(Device::open(&config)));
    let mut writer = pipe.writer();
    writer.write_all(header).expect("the device reads");
    let device = device.recv_timeout(PATIENCE); // if it fails, the pipe is closed, and opening ends
    let opened = device.unwrap_or_else(|_| {
        panic!("after {PATIENCE:?} it waits for more than these {} bytes", header.len())
    });
    (opened.expect("it opens"), writer)
}

/// A device that has read 200 samples and waits for more; its blocks, and the pipe's other end.
fn waiting(stage: &Stage, pipe: &Pipe, source: Source, pace: Pace) -> (Device, File) {
    let header = match source {
        Source::Wav(_) => wav::simple(2, &samples())[..44].to_vec(),
        _ => Vec::new(),
    };
    let config = Config { pace, block_length: 10_000, ..flat_out(source) };
    let (device, mut writer) = open_with(pipe, config, &header);
    stage.start(&device).expect("it starts");
    writer.write_all(&bytes_of(&samples()[..200])).expect("samples");
    wait_until_drained(&writer);
    (device, writer)
}

#[test]
fn a_device_that_waits_for_input_can_be_stopped_and_delivers_what_came() {
    let pipe = Pipe::new();
    for source in sources(&pipe.path) {
        for pace in [Pace::FlatOut, Pace::RealTime] {
            let blocks = Blocks::default();
            let stage = Stage::set({
                let blocks = blocks.clone();
                move |block| blocks.push(block)
            });
            let (device, writer) = waiting(&stage, &pipe, source.clone(), pace);
            if pace == Pace::RealTime {
                // It takes them by the clock: a tenth of a second is far more than 100 frames.
                assert_eq!(device.wait(Duration::from_millis(100)), Ok(false));
            }
            device.stop().expect("it stops");
            assert_eq!(device.wait(Duration::ZERO), Ok(true));
            assert_eq!(device.notice(), None, "a stop is no fault of the recording");
            let came = blocks.take();
            if pace == Pace::FlatOut {
                assert_eq!(came, [samples()[..200].to_vec()]);
            } else {
                let came = came.concat();
                assert_eq!(came, samples()[..came.len()]);
            }
            drop(writer);
        }
    }
}

#[test]
fn a_device_that_waits_for_input_can_be_dropped() {
    let pipe = Pipe::new();
    for source in sources(&pipe.path) {
        for pace in [Pace::FlatOut, Pace::RealTime] {
            let stage = Stage::set(|_| {});
            let (device, writer) = waiting(&stage, &pipe, source.clone(), pace);
            drop(device);
            let left = (&writer).write(&[0; 2]).expect_err("nobody reads any more");
            assert_eq!(left.kind(), std::io::ErrorKind::BrokenPipe);
        }
    }
}

#[test]
#[cfg(target_os = "linux")] // elsewhere a pipe without a writer may count as ended
fn a_pipe_without_a_writer_can_be_stopped() {
    let pipe = Pipe::new();
    for pace in [Pace::FlatOut, Pace::RealTime] {
        let stage = Stage::set(|_| {});
        let config = Config { pace, ..flat_out(raw(&pipe.path, 1)) };
        let device = Device::open(&config).expect("it opens");
        stage.start(&device).expect("it starts");
        assert_eq!(device.wait(Duration::from_millis(20)), Ok(false), "it waits for a writer");
        device.stop().expect("it stops");
        assert_eq!(device.statistics().samples, 0);
    }
}

#[test]
#[cfg(target_os = "linux")] // a thread is interrupted by its number there
fn signals_that_interrupt_the_control_thread_cost_nothing() {
    extern "C" fn nothing(_signal: libc::c_int) {}
    // SAFETY: all of it zero is a valid sigaction: no flags (so no SA_RESTART), an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = nothing as extern "C" fn(libc::c_int) as usize;
    // SAFETY: the handler does nothing, and `action` is only read.
    let status = unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()) };
    assert_eq!(status, 0);

    // SAFETY: takes nothing and can't fail.
    let process = unsafe { libc::getpid() };
    let pipe = Pipe::new();
    for pace in [Pace::FlatOut, Pace::RealTime] {
        let blocks = Blocks::default();
        let stage = Stage::set({
            let blocks = blocks.clone();
            move |block| blocks.push(block)
        });
        let config = Config { pace, fifo_length: Some(480_000), ..flat_out(raw(&pipe.path, 2)) };
        let device = Device::open(&config).expect("it opens");
        stage.start(&device).expect("it starts");
        let mut writer = pipe.writer();
        for part in bytes_of(&samples()).chunks(3) {
            let thread = device.statistics().thread_id;
            // SAFETY: a signal to a thread of ours, which is handled; a thread that is not yet
            // known, 0, is refused.
            unsafe { libc::syscall(libc::SYS_tgkill, process, thread, libc::SIGUSR1) };
            writer.write_all(part).expect("samples");
        }
        drop(writer);
        assert_eq!(device.wait(PATIENCE), Ok(true));
        assert_eq!(blocks.take().concat(), samples(), "{pace:?}");
        assert_eq!(device.notice(), None);
    }
}
