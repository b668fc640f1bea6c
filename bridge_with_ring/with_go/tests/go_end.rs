//! The ring between Rust and Go. Where Go is missing, these tests are ignored.

/// Tests that need Go, and are ignored without it: then what they call isn't there.
macro_rules! with_go {
    ($(fn $name:ident() $body:block)*) => {$(
        #[test]
        #[cfg_attr(not(go), ignore = "Go is missing")]
        fn $name() {
            #[cfg(go)]
            $body
        }
    )*};
}

#[cfg(go)]
use {
    bridge_with_ring::ring::{CAPACITY, ring, ring_after},
    bridge_with_ring_and_go::{run, serve},
    std::thread,
};

with_go! {
    fn go_squares_what_rust_sends() {
        let report = run().expect("the experiment runs");
        assert_eq!((report.sent, report.received, report.wrong), (100_000, 100_000, 0));
        assert_eq!(report.sum, (1..=100_000_i64).map(|number| number.pow(2)).sum::<i64>());
    }

    fn one_at_a_time_each_side_sleeps_and_is_woken() {
        let (mut numbers, numbers_in_go) = ring();
        let (squares_in_go, mut squares) = ring();
        let serving = thread::spawn(|| serve(numbers_in_go, squares_in_go));
        for number in 0..20_000_i64 {
            assert!(numbers.send(number));
            assert_eq!(squares.receive(), Some(number * number));
        }
        drop(numbers);
        assert_eq!(squares.receive(), None);
        serving.join().expect("no panic");
    }

    fn the_counts_may_wrap_around_and_so_may_a_square() {
        let (mut numbers, numbers_in_go) = ring_after(u32::MAX - 100);
        let (squares_in_go, mut squares) = ring_after(u32::MAX - 50);
        let serving = thread::spawn(|| serve(numbers_in_go, squares_in_go));
        for number in (i64::MAX - 200)..i64::MAX {
            assert!(numbers.send(number));
            assert_eq!(squares.receive(), Some(number.wrapping_mul(number)));
        }
        drop(squares);
        // Go finds its ring closed, and closes the other one.
        while numbers.send(3) {}
        serving.join().expect("no panic");
    }

    fn go_that_waits_for_a_value_is_released_when_the_sender_goes() {
        let (numbers, numbers_in_go) = ring();
        let (squares_in_go, mut squares) = ring();
        let serving = thread::spawn(|| serve(numbers_in_go, squares_in_go));
        drop(numbers);
        assert_eq!(squares.receive(), None);
        serving.join().expect("no panic");
    }

    fn go_that_waits_for_room_is_released_when_the_receiver_goes() {
        let (mut numbers, numbers_in_go) = ring();
        let (squares_in_go, squares) = ring();
        let serving = thread::spawn(|| serve(numbers_in_go, squares_in_go));
        // Two full rings, and one that Go has in hand: so it has nothing else to wait for.
        for number in 0..i64::from(2 * CAPACITY + 1) {
            assert!(numbers.send(number));
        }
        drop(squares);
        serving.join().expect("no panic");
        assert!(!numbers.send(0), "Go has closed both");
    }
}
