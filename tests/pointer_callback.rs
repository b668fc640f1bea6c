//! Experiment 4: what its chapter claims.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::{Rc, Weak};
use std::thread;

use pointer_callback::{Listener, Sensor, ffi, run};

/// Notes what it heard, how often it was dropped, and how many sensors C had then.
#[derive(Default)]
struct Witness {
    heard: Vec<i32>,
    dropped: Rc<Cell<u32>>,
    live_when_dropped: Rc<Cell<u32>>,
}

impl Listener for Witness {
    fn hear(&mut self, millivolts: i32) {
        assert!(millivolts != 0, "{millivolts} mV is nothing to hear");
        self.heard.push(millivolts);
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.dropped.set(self.dropped.get() + 1);
        self.live_when_dropped.set(ffi::pointer_callback_sensor_live());
    }
}

fn words_of(feed: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(feed)).expect_err("the listener panics");
    payload.downcast_ref::<String>().expect("a panic with a formatted message").clone()
}

#[test]
fn report_tells_what_each_listener_heard() {
    let report = run().expect("the experiment runs");
    assert_eq!(report.log, [250, -500, 2500]);
    assert_eq!(report.highest, 1_500);
    assert_eq!(report.panic, "5000 mV is too much");
    assert_eq!((report.told, report.live), ([3, 4], [2, 0]));
}

#[test]
fn each_sensor_calls_its_own_listener() {
    let mut sensors: Vec<_> =
        (0..10).map(|_| Sensor::new(Witness::default()).expect("memory")).collect();
    for round in 1..=3 {
        for (number, sensor) in (1..).zip(&mut sensors) {
            sensor.feed(&[number * 100 + round]);
        }
    }
    for (number, sensor) in (1..).zip(&sensors) {
        let expected = [1, 2, 3].map(|round| (number * 100 + round) * 5 / 2);
        assert_eq!(sensor.listener().heard, expected);
        assert_eq!(sensor.told(), 3);
    }
}

#[test]
fn the_macro_computes_the_same_behind_the_bridge() {
    for raw in [i16::MIN, -1, 0, 1, 2, i16::MAX] {
        assert_eq!(ffi::pointer_callback_bridge_millivolts(raw), i32::from(raw) * 5 / 2);
    }
}

#[test]
fn dropping_unregisters_and_frees_in_c_before_the_listener_is_dropped_once() {
    let witness = Witness::default();
    let (dropped, live_then) = (witness.dropped.clone(), witness.live_when_dropped.clone());
    live_then.set(77);
    let before = ffi::pointer_callback_sensor_live();
    let mut sensor = Sensor::new(witness).expect("memory");
    assert_eq!(ffi::pointer_callback_sensor_live(), before + 1);
    sensor.feed(&[1]);
    let moved = Box::new(sensor); // the listener stays where C believes it is
    assert_eq!((moved.listener().heard.as_slice(), dropped.get()), ([2].as_slice(), 0));
    drop(moved);
    assert_eq!((dropped.get(), live_then.get()), (1, before));
    assert_eq!(ffi::pointer_callback_sensor_orphaned(), 0, "freed while still registered");
}

#[test]
fn c_counts_a_sensor_that_is_freed_while_registered() {
    unsafe extern "C" fn ignore(_user_data: *mut std::ffi::c_void, _millivolts: i32) {}
    let orphaned = thread::spawn(|| {
        let sensor = ffi::pointer_callback_sensor_new();
        // SAFETY: the sensor is ours, and the callback uses no user data.
        unsafe { ffi::pointer_callback_bridge_listen(sensor, Some(ignore), ptr::null_mut()) };
        // SAFETY: the sensor is ours, and this is its end.
        unsafe { ffi::pointer_callback_sensor_free(sensor) };
        ffi::pointer_callback_sensor_orphaned()
    });
    assert_eq!(orphaned.join().expect("no panic"), 1);
}

#[test]
fn a_panic_comes_back_once_c_has_returned_and_nothing_is_heard_after_it() {
    let mut sensor = Sensor::new(Witness::default()).expect("memory");
    let words = words_of(|| sensor.feed(&[2, 0, 4, 0]));
    assert_eq!(words, "0 mV is nothing to hear");
    assert_eq!(sensor.listener().heard, [5]);
    assert_eq!(sensor.told(), 4, "C went on to the end of its loop");
}

#[test]
fn a_sensor_works_on_after_a_panic() {
    let mut sensor = Sensor::new(Witness::default()).expect("memory");
    words_of(|| sensor.feed(&[0]));
    sensor.feed(&[2]);
    assert_eq!(sensor.listener().heard, [5]);
}

#[test]
fn a_listener_is_dropped_once_when_a_panic_unwinds_past_its_sensor() {
    let witness = Witness::default();
    let dropped = witness.dropped.clone();
    words_of(|| {
        let mut sensor = Sensor::new(witness).expect("memory");
        sensor.feed(&[0]);
    });
    assert_eq!(dropped.get(), 1);
    assert_eq!(ffi::pointer_callback_sensor_live(), 0);
}

#[test]
fn a_listener_may_borrow_from_its_surroundings() {
    struct Sum<'a>(&'a mut i32);
    impl Listener for Sum<'_> {
        fn hear(&mut self, millivolts: i32) {
            *self.0 += millivolts;
        }
    }
    let mut sum = 0;
    let mut sensor = Sensor::new(Sum(&mut sum)).expect("memory");
    sensor.feed(&[2, 4]);
    drop(sensor);
    assert_eq!(sum, 15);
}

#[test]
fn a_listener_may_feed_another_sensor_and_its_panic_comes_back_through_both() {
    struct Relay(Sensor<Witness>);
    impl Listener for Relay {
        fn hear(&mut self, millivolts: i32) {
            self.0.feed(&[millivolts.try_into().expect("small")]);
        }
    }
    let inner = Sensor::new(Witness::default()).expect("memory");
    let mut outer = Sensor::new(Relay(inner)).expect("memory");
    outer.feed(&[4]);
    let words = words_of(|| outer.feed(&[0, 4]));
    assert_eq!(words, "0 mV is nothing to hear");
    assert_eq!(outer.listener().0.listener().heard, [25]);
    drop(outer);
    assert_eq!(ffi::pointer_callback_sensor_live(), 0);
}

#[test]
fn a_listener_that_reaches_for_its_own_sensor_finds_it_taken() {
    #[derive(Default)]
    struct Narcissus {
        own: Weak<RefCell<Option<Sensor<Narcissus>>>>,
        refused: Rc<Cell<u32>>,
    }
    impl Listener for Narcissus {
        fn hear(&mut self, _millivolts: i32) {
            let own = self.own.upgrade().expect("it is alive: it is being fed");
            assert!(own.try_borrow().is_err(), "the sensor could be reached while C uses it");
            self.refused.set(self.refused.get() + 1);
        }
    }
    let sensor = Rc::new(RefCell::new(None));
    let refused = Rc::new(Cell::new(0));
    let listener = Narcissus { own: Rc::downgrade(&sensor), refused: refused.clone() };
    *sensor.borrow_mut() = Some(Sensor::new(listener).expect("memory"));
    sensor.borrow_mut().as_mut().expect("it was put there").feed(&[1, 2]);
    assert_eq!(refused.get(), 2);
}

#[test]
fn sensors_on_several_threads_do_not_meet() {
    let counts = thread::scope(|scope| {
        let threads = [1, 2, 3].map(|number: u32| {
            scope.spawn(move || {
                let mut sensors = Vec::new();
                for _ in 0..number {
                    let mut sensor = Sensor::new(Witness::default()).expect("memory");
                    sensor.feed(&[1, 2]);
                    assert_eq!(sensor.listener().heard, [2, 5]);
                    sensors.push(sensor);
                }
                ffi::pointer_callback_sensor_live()
            })
        });
        threads.map(|thread| thread.join().expect("no panic"))
    });
    assert_eq!(counts, [1, 2, 3]);
}

mod crashes {
    #[test]
    fn a_panic_that_leaves_the_callback_aborts_although_somebody_wants_to_catch_it() {
        let output = support::run("panic_through_c", &[]);
        #[cfg(unix)]
        support::assert_signal(&output, 6); // SIGABRT
        #[cfg(windows)]
        assert_eq!(output.status.code(), Some(0xC000_0409_u32.cast_signed())); // fail fast
        let words = support::stderr(&output);
        let panic = words.find("5000 mV is too much").expect("the panic's own words");
        let refusal = words.find("panic in a function that cannot unwind").expect("the second one");
        assert!(panic < refusal, "{words}");
        assert!(words.contains("thread caused non-unwinding panic. aborting."), "{words}");
        assert_eq!(support::stdout(&output), "", "C returned");
    }
}
