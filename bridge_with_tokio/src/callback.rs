//! The device's side: the callback, what it finds in `state.c`, and how long that lives.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{ptr, slice};

use console::{Block, Counters, Ending, Session};
use device::Device;

use crate::ffi;
use crate::strategy::Sender;

/// What the callback owns: the channel's sender, and how much it has seen.
#[derive(Debug)]
struct State {
    sender: Sender,
    blocks: u64,
    samples: u64,
    panic: Option<Box<dyn Any + Send>>,
}

// It is made on one thread and used on the device's.
const _: () = assert_send::<State>();
const fn assert_send<T: Send>() {}

impl State {
    fn new(sender: Sender) -> State {
        State { sender, blocks: 0, samples: 0, panic: None }
    }

    /// On the device's thread, which stands still meanwhile: copy, hand over, get out.
    fn deliver(&mut self, samples: &[i16]) {
        let (sequence, first_sample) = (self.blocks, self.samples);
        self.blocks += 1;
        self.samples += samples.len() as u64;
        if self.panic.is_some() {
            return self.sender.give_up(samples.len());
        }
        let copy = || Block { sequence, first_sample, samples: samples.to_vec() };
        let sent = catch_unwind(AssertUnwindSafe(|| self.sender.send(samples.len(), copy)));
        self.panic = sent.err();
    }
}

/// What the device is given: a plain function, which captures nothing.
///
/// # Safety
///
/// Only the device may call it, between [`Acquisition::start`] and its end.
unsafe extern "C" fn on_block(samples: *const i16, count: usize) {
    // SAFETY: set before the device was started, and changed only after it has ended.
    let state = unsafe { ffi::bridge_with_tokio_state_get() }.cast::<State>();
    // SAFETY: it came from the Box in `Acquisition::start`. It is alive: `Acquisition` frees it only
    // after the device has ended. Nobody else uses it: the device runs one callback at a time. This
    // is the device's control thread, and `State` is `Send`.
    let state = unsafe { &mut *state };
    // SAFETY: the device lends `count` samples for as long as this callback runs.
    let samples = unsafe { slice::from_raw_parts(samples, count) };
    state.deliver(samples);
}

/// There is one state.c, so there is one acquisition at a time.
static TURN: Mutex<()> = Mutex::new(());

/// A started device and what its callback uses.
#[derive(Debug)]
pub(crate) struct Acquisition<'device> {
    device: &'device Device,
    state: *mut State,
    /// The next one waits until this one is dropped.
    _turn: MutexGuard<'static, ()>,
}

impl<'device> Acquisition<'device> {
    /// Puts the sender where the callback finds it, and starts the device.
    pub(crate) fn start(device: &'device Device, sender: Sender) -> Result<Self, device::Error> {
        // Who panicked with the turn has cleared state.c all the same, in `drop`.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let state = Box::into_raw(Box::new(State::new(sender)));
        // SAFETY: it is our turn, and no device runs: nobody gets while we set.
        unsafe { ffi::bridge_with_tokio_state_set(state.cast()) };
        let acquisition = Acquisition { device, state, _turn: turn };
        // SAFETY: `on_block` never unwinds, and what it uses lives until `acquisition` is dropped,
        // which first waits for the last callback.
        unsafe { device.start(on_block) }?;
        Ok(acquisition)
    }

    /// Waits until the device has ended, then closes the channel. A panic that was caught in the
    /// callback goes on here, on the Rust side.
    pub(crate) fn finish(
        self,
        session: &Session,
        counters: &Counters,
    ) -> Result<Ending, device::Error> {
        let ending = session.watch(self.device, counters);
        self.device.stop()?;
        // SAFETY: the device has ended, so the state is ours alone again.
        let panic = unsafe { &mut *self.state }.panic.take();
        drop(self);
        match panic {
            Some(payload) => resume_unwind(payload),
            None => ending,
        }
    }
}

impl Drop for Acquisition<'_> {
    /// First no more callbacks, then no more state: the other way round is a use after free.
    fn drop(&mut self) {
        // The only error here is that the device never started, and then no callback runs either.
        let _ = self.device.stop();
        // SAFETY: the device has ended: nobody gets while we set.
        unsafe { ffi::bridge_with_tokio_state_set(ptr::null_mut()) };
        // SAFETY: it came from `Box::into_raw` in `start`, and nothing points to it any more.
        drop(unsafe { Box::from_raw(self.state) });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use device::{Config, Pace};
    use tokio::runtime::Runtime;

    use super::*;
    use crate::Strategy;
    use crate::strategy::channel;

    #[test]
    fn a_panic_in_the_callback_is_kept_and_what_follows_is_counted() {
        let runtime = Runtime::new().expect("a runtime");
        let counters = Arc::default();
        let (sender, _inbox) = channel(Strategy::BlockingSend, 4, runtime.handle(), &counters);
        let mut state = State::new(sender);
        // On a thread of the runtime, where `blocking_send` panics.
        runtime.block_on(async { state.deliver(&[1, 2, 3]) });
        let words = state.panic.as_ref().and_then(|panic| panic.downcast_ref::<String>());
        assert!(words.is_some_and(|words| words.contains("Cannot block the current thread")));

        state.deliver(&[4, 5]);
        assert_eq!(counters.losses(), (1, 2), "blocks and samples after the panic");
        assert_eq!(state.samples, 5);
    }

    #[test]
    fn dropping_a_running_acquisition_ends_the_device_before_it_frees_the_state() {
        let config = Config { pace: Pace::FlatOut, ..Config::signal(u64::MAX) };
        let device = Device::open(&config).expect("the signal opens");
        let counters = Arc::<Counters>::default();
        let runtime = Runtime::new().expect("a runtime");
        let (sender, mut inbox) = channel(Strategy::BlockingSend, 1, runtime.handle(), &counters);
        let acquisition = Acquisition::start(&device, sender).expect("the device starts");
        while counters.most_waiting() < 2 {
            std::thread::yield_now(); // until the channel is full and the callback waits for room
        }
        let owners = Arc::strong_count(&counters);
        std::thread::scope(|scope| {
            // While the callback waits, whoever frees the state lets go of its counters. Then there
            // is room, and the callback goes on to its end.
            scope.spawn(|| {
                let (begin, mut kept) = (Instant::now(), true);
                while begin.elapsed() < Duration::from_millis(100) {
                    kept &= Arc::strong_count(&counters) == owners;
                }
                while runtime.block_on(inbox.next()).is_some() {}
                assert!(kept, "freed while the callback was in it");
            });
            drop(acquisition);
        });
        assert_eq!(device.wait(Duration::ZERO), Ok(true), "it was left running");
    }

    #[test]
    fn a_device_that_does_not_start_leaves_the_slot_free() {
        let runtime = Runtime::new().expect("a runtime");
        let device = Device::open(&Config::signal(1)).expect("the signal opens");
        for _ in 0..2 {
            let counters = Arc::default();
            let (sender, _inbox) = channel(Strategy::Unbounded, 1, runtime.handle(), &counters);
            // SAFETY: `on_ended` touches nothing.
            let _started = unsafe { device.start(on_ended) };
            let refused = Acquisition::start(&device, sender).expect_err("it was started before");
            assert_eq!(refused.status(), device::Status::AlreadyStarted);
            assert_eq!(Arc::strong_count(&counters), 2, "the state is freed, the inbox is not");
        }
    }

    unsafe extern "C" fn on_ended(_samples: *const i16, _count: usize) {}

    #[test]
    fn a_kept_panic_goes_on_in_finish_and_the_slot_is_free_again() {
        let config = Config { pace: Pace::FlatOut, ..Config::signal(10_000) };
        let device = Device::open(&config).expect("the signal opens");
        let runtime = Runtime::new().expect("a runtime");
        let counters = Arc::default();
        let (sender, _inbox) = channel(Strategy::Unbounded, 1, runtime.handle(), &counters);
        let acquisition = Acquisition::start(&device, sender).expect("the device starts");
        while !device.wait(Duration::from_secs(1)).expect("it ends") {}
        // SAFETY: the device has ended, so nobody else uses the state.
        unsafe { &mut *acquisition.state }.panic = Some(Box::new("words of the panic"));

        let finish = || acquisition.finish(&Session::quiet(), &counters);
        let payload = catch_unwind(AssertUnwindSafe(finish)).expect_err("it goes on");
        assert_eq!(payload.downcast_ref(), Some(&"words of the panic"));
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: it is our turn, so nobody sets.
        assert!(unsafe { ffi::bridge_with_tokio_state_get() }.is_null());
        drop(turn);
    }
}
