//! The subjects whose calls a macro wrote, from a trait.

use std::future::Future;
use std::hint::black_box;

use super::{IN_FLIGHT, Later, Now, Payload, in_c, timed};
use crate::ffi;
use crate::harness::Measured;
#[cfg(go)]
use rust2go_calls as rust2go;

/// The payload of a module.
macro_rules! payload {
    ($peer:ident, $name:literal, $module:ident) => {
        impl Payload for $peer {
            const NAME: &'static str = $name;
            type User = $module::DemoUser;
            type Request = $module::DemoComplicatedRequest;

            fn user(name: String, age: u8) -> Self::User {
                $module::DemoUser { name, age }
            }

            fn request(users: Vec<Self::User>, balabala: Vec<u8>) -> Self::Request {
                $module::DemoComplicatedRequest { users, balabala }
            }
        }
    };
}

/// The calls of a module's trait that end at once.
macro_rules! now {
    ($peer:ident, $module:ident, $trait:ident, $calls:ident) => {
        impl Now for $peer {
            fn open() -> Self {
                $peer
            }

            fn empty(&self) {
                <$module::$calls as $module::$trait>::empty();
            }

            fn one_way(&self, user: &Self::User) {
                <$module::$calls as $module::$trait>::one_way(user);
            }

            fn told(&self) -> u64 {
                <$module::$calls as $module::$trait>::told().ages
            }

            fn flat(&self, user: &Self::User) -> bool {
                <$module::$calls as $module::$trait>::flat(user).pass
            }

            fn nested(&self, request: &Self::Request) -> bool {
                <$module::$calls as $module::$trait>::nested(request).pass
            }
        }
    };
}

/// The one that is answered later.
macro_rules! later {
    ($module:ident, $trait:ident, $calls:ident) => {
        fn later(&self, request: &'static Self::Request) -> impl Future<Output = bool> + Send {
            // SAFETY: the request lives for ever, so the future may go at any time.
            let response = unsafe { <$module::$calls as $module::$trait>::later(request) };
            async { response.await.pass }
        }
    };
}

pub struct InC;

/// A million structs, by reference: nothing is made for each.
pub fn points(count: usize) -> Measured {
    let points: Vec<_> = (0..1_000_000).map(|x| in_c::Point { x, y: x + 1 }).collect();
    timed(count, |_| {
        let answer = <in_c::InCImpl as in_c::InC>::points(black_box(&points));
        assert_eq!(answer, 2_000_000, "how many, and the last one");
    })
}

payload!(InC, "foreign_call", in_c);
now!(InC, in_c, InC, InCImpl);

/// A thread of C's, which answers what is answered later.
pub struct Pool(*mut ffi::AnswersPool);

// SAFETY: C locks its pool for every request.
unsafe impl Send for Pool {}
// SAFETY: likewise.
unsafe impl Sync for Pool {}

impl Pool {
    /// For so many calls in flight. There is one pool at a time, and all calls have ended when it
    /// is dropped.
    pub fn new(in_flight: usize) -> Pool {
        // SAFETY: it is checked for null.
        let pool = unsafe { ffi::answers_pool_new(1, in_flight) };
        assert!(!pool.is_null(), "a thread for the pool");
        // SAFETY: the pool lives for as long as there are calls.
        unsafe { ffi::foreign_pool(pool) };
        Pool(pool)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // SAFETY: from `answers_pool_new`, once.
        unsafe { ffi::answers_pool_free(self.0) };
    }
}

/// With a thread of C's.
pub struct LaterInC {
    _pool: Pool,
}

payload!(LaterInC, "foreign_call", in_c);

impl Later for LaterInC {
    fn open() -> Self {
        LaterInC { _pool: Pool::new(IN_FLIGHT) }
    }

    later!(in_c, InC, InCImpl);
}

#[cfg(go)]
pub use with_go::{InGo, Rust2Go, answers, export};

#[cfg(go)]
mod with_go {
    use std::ffi::c_void;
    use std::time::Instant;

    use super::super::in_go;
    use super::*;
    use crate::harness;

    /// What any call into Go takes at least.
    pub fn export(count: usize) -> Measured {
        // SAFETY: it takes nothing, and does nothing.
        timed(count, |_| unsafe { ffi::foreign_go_nothing() })
    }

    /// What an answer takes that Go gives through cgo, as the one below does.
    pub fn answers(count: usize) -> Measured {
        unsafe extern "C" fn answer(_: *const c_void, _: *const c_void) {}
        const LAP: usize = 1000;
        let lap = |_| {
            let start = Instant::now();
            // SAFETY: the function takes two pointers, and uses neither.
            unsafe { ffi::foreign_go_answers(answer, LAP) };
            start.elapsed().as_nanos() as f64 / LAP as f64
        };
        vec![("ns an answer", harness::median((0..count.div_ceil(LAP)).map(lap).collect()))]
    }

    pub struct InGo;

    payload!(InGo, "foreign_call", in_go);
    now!(InGo, in_go, InGo, InGoImpl);

    impl Later for InGo {
        fn open() -> Self {
            InGo
        }

        later!(in_go, InGo, InGoImpl);
    }

    /// Answers through cgo.
    pub struct Rust2Go;

    payload!(Rust2Go, "rust2go, cgo", rust2go);
    now!(Rust2Go, rust2go, InGo, InGoImpl);

    impl Later for Rust2Go {
        fn open() -> Self {
            Rust2Go
        }

        later!(rust2go, InGo, InGoImpl);
    }
}
