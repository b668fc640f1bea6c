//! Closures as C callbacks.
//!
//! | the C API | here |
//! |---|---|
//! | passes a context through (`void *user_data`) | [`Callback`] |
//! | has one context for several callbacks | [`CallbackSet`] |
//! | passes no context | [`Thunk`] |
//! | calls only before it returns (`qsort`, `nftw`) | [`Callback::scope`], [`Thunk::scope`] |
//! | calls exactly once | [`Callback::once`], [`Thunk::once`] |
//! | never lets go of its callback | [`Callback::forever`], [`Thunk::forever`] |
//!
//! The closure's arguments are those of C's prototype; [`UserData`] stands where the prototype has
//! the context. `new` takes a `FnMut` closure and lets in one call at a time, `shared` takes a `Fn`
//! closure and lets in any number. `register` gives a [`Registration`], which unregisters when it is
//! dropped.
//!
//! # What happens when
//!
//! - **C calls after unregistering**, or had begun to: the call finds the callback closed, is refused
//!   and counted. What it may still touch is static. C gets the value that
//!   [`or_else`](Callback::or_else) chose. Only a [`Thunk`] whose unregistering had promised that no
//!   call follows may serve another closure by then: the call reaches that one.
//! - **The callback runs while its registration is dropped**: the drop waits. Inside the callback
//!   itself it doesn't wait; the closure is dropped by the last call that leaves it.
//! - **C calls a `FnMut` closure from within itself, or from two threads**: the second call is
//!   refused.
//! - **The closure panics**: the panic is caught and C gets the value from `or_else`; later calls are
//!   refused unless [`stay_after_panic`](Callback::stay_after_panic) was chosen. The panic is kept for
//!   [`take_panic`](Registration::take_panic), [`resume_panic`](Registration::resume_panic) or
//!   [`unregister`](Registration::unregister); a registration that is just dropped drops it, too (the
//!   panic hook has printed it).
//! - **C loses the user data** (null, say): the call is refused.
//!
//! A thread that *ends* inside a callback (`pthread_exit`) can't be helped: that unwinds the closure
//! in a way that Rust forbids, and the process aborts. Between callbacks threads may end as they like.
//!
//! # What a call costs
//!
//! On Linux the thread that runs a callback over and over enters and leaves with plain loads and
//! stores; whoever unregisters pays with a `membarrier`. On x86-64 that is 11 instructions for
//! `FnMut` closures and 12 for `Fn` ones, none of them locked. They buy what is promised above:
//!
//! - 3 see whether this thread ran the callback last and is not inside of it;
//! - 1 says that the thread is inside, which is what unregistering waits for;
//! - 3 find the closure, unless somebody has closed the callback;
//! - 4 (`Fn`: 5) say that the thread is outside, and see whether the closure is its to drop.
//!
//! A thunk takes as many: it finds the closure with a jump, and whoever closes the callback has it
//! jump elsewhere. `forever` saves nearly all of it, for closures that need no end: 2 instructions,
//! and 4 more in a thunk, which asks its slot where to jump. CI holds each of these at its number:
//! `cargo run --release --manifest-path benchmarks/Cargo.toml -- instructions`.
//!
//! The first call of a thread takes a lock and allocates a few bytes, once, to make the thread known
//! until it ends. Later calls do neither. A call that is nested in another callback, one of a `FnMut`
//! closure that a second thread has called too, and every call on systems without such a barrier count
//! themselves with a locked instruction.
//!
//! A thread remembers one callback. Where C calls two of them by turns, each call takes a longer way,
//! without a locked instruction but with a fence.
//!
//! # What would make it fewer
//!
//! Of what is left, some can be had, and the rest was tried or counted, and costs more than it saves:
//!
//! - **Build the program with `lto = true`**: 1 instruction of a callback and 2 of a thunk (one in
//!   each half) only find the thread's own memory. It is this crate's, and where the program's own
//!   crate is compiled, nobody knows where it lies; who optimizes all of it at once does. With
//!   `CARGO_PROFILE_RELEASE_LTO=true` the command above shows it.
//! - *Leave with one `xor`*, as a thunk does, instead of a load and a store: 1 less, and a call takes
//!   a third longer. A callback does not know its key beforehand, so it would have to enter with a
//!   `xor`, too, and each would wait for the store of the one before.
//! - *Compare in memory whether somebody has closed a `Fn` closure*: 1 less when leaving. Others write
//!   that word, so the read is an atomic one, of which the compiler makes an instruction of its own; a
//!   plain read, which it would fold into the comparison, is a race.
//! - *Jump through memory*: 1 less in a thunk. The compiler does so where the entry is the only
//!   argument: where C passes none.
//! - *Compile the thunks for each closure*, not for each signature: 1 less, or 2 if a `Fn` closure's
//!   calls are counted up and down, which brings the waiting of the `xor`. But a function would be one
//!   closure type's for ever, as late calls may follow: the sixty-fifth type would find none, and
//!   each type would bring 64 functions of its own.
//!
//! So a registered `Fn` closure that does the least takes 16 instructions from C's call to its return
//! (the 12, the closure's own 3, and the return), where one written by hand takes 4 and promises none
//! of the above. A `FnMut` one that is not inlined takes 6 more than by hand.
//!
//! # One place for a callback
//!
//! Many C functions have room for one callback: setting a second one puts it in the place of the
//! first without a word (`sqlite3_trace_v2`, `signal`), and unsetting takes away whichever is there.
//! The first registration then knows nothing of it: it is never called again, and when it is dropped
//! it unsets the *second*. So let the binding keep the registration where the place is, one for each
//! handle, and refuse a second one or drop the first before it registers the next. Where C says what
//! it had before, the closure that unregisters can compare, and leave alone what is not its own.
//!
//! # A handle of C's
//!
//! Most C APIs have a handle (`device *`), which the closure that unregisters needs, too. A raw pointer
//! is not `Send`, and then neither is the registration: it can't go to another task and can't be
//! [`boxed`](Registration::boxed). So put the handle into a struct of its own, and say with `unsafe
//! impl Send` what C's manual says of threads. And let the closure call a *method* of that struct: a
//! closure that says `handle.0` captures the field alone: the bare pointer, without the struct, whose
//! `Drop` may close the handle too soon.
//!
//! ```
//! # use std::ffi::{c_int, c_void};
//! use callback_bridge::closure::{BoxedRegistration, Callback, UserData};
//!
//! # unsafe fn device_stop(_: *mut c_void) -> c_int { 0 }
//! struct Handle(*mut c_void);
//! // SAFETY: (what C's manual says of threads)
//! unsafe impl Send for Handle {}
//!
//! impl Handle {
//!     fn stop(&self) -> Result<(), c_int> {
//!         // SAFETY: the handle is open.
//!         match unsafe { device_stop(self.0) } {
//!             0 => Ok(()),
//!             status => Err(status),
//!         }
//!     }
//! }
//!
//! # let handle = Handle(std::ptr::null_mut());
//! let registration = Callback::new(|_: UserData| {}).register(|_function, _user_data| {
//!     // (start it)
//!     Ok::<_, c_int>(move || handle.stop()) // the whole handle
//! })?;
//! let _field: BoxedRegistration<c_int> = registration.boxed();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ```compile_fail,E0277
//! # use std::ffi::{c_int, c_void};
//! # use callback_bridge::closure::{BoxedRegistration, Callback, UserData};
//! # struct Handle(*mut c_void);
//! # unsafe impl Send for Handle {}
//! # fn device_stop(_: *mut c_void) -> Result<(), c_int> { Ok(()) }
//! # let handle = Handle(std::ptr::null_mut());
//! # let registration = Callback::new(|_: UserData| {}).register(|_function, _user_data| {
//! Ok::<_, c_int>(move || device_stop(handle.0)) // the pointer alone: not `Send`
//! # })?;
//! # let _field: BoxedRegistration<c_int> = registration.boxed();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The example `meter.rs` is such a binding, complete.
//!
//! # In async code
//!
//! Dropping a registration may wait for a callback that runs, and C's own unregistering may wait for
//! more. In an async block that holds up all tasks of the thread; where the callback in turn waits
//! for one of these tasks, for ever. Drop it on a thread that may wait, for instance with
//! `tokio::task::spawn_blocking(move || drop(registration))`. That goes for a future that owns one,
//! too: it is dropped wherever it is cancelled.
//!
//! # Where it can't be used
//!
//! - **In a signal handler**, which may interrupt a thread on its way into a callback: the library
//!   takes a lock and changes the thread's notes. [`Thunk::forever`] does neither, unless the closure
//!   panics: with a closure that does only what a handler may, it will do.
//! - **In a child after `fork`**, of a process that had other threads: what they were inside of stays
//!   so for ever, and whoever unregisters waits for them. Such a child calls `exec` or `_exit`, as
//!   POSIX asks it to anyway.
//! - **On stacks that are switched inside a callback** (`swapcontext`, fibers), unless the calls still
//!   end in the reverse order of their beginning.

#[cfg(any(test, not(loom)))]
mod fault;
#[cfg(any(test, not(loom)))]
mod gate;
mod refusal;
#[cfg(any(test, not(loom)))]
mod seat;

// What follows needs statics, which loom's primitives can't be in; the models go for the gate.
#[cfg(not(loom))]
mod barrier;
#[cfg(not(loom))]
mod builder;
#[cfg(not(loom))]
mod callback;
#[cfg(not(loom))]
mod current;
#[cfg(not(loom))]
mod entry;
#[cfg(not(loom))]
mod error;
#[cfg(not(loom))]
mod fallback;
#[cfg(not(loom))]
mod ffi_safe;
#[cfg(not(loom))]
mod forever;
#[cfg(not(loom))]
mod kind;
#[cfg(all(test, loom))]
mod model;
#[cfg(not(loom))]
mod options;
#[cfg(not(loom))]
mod plain_prototype;
#[cfg(not(loom))]
mod pool;
#[cfg(not(loom))]
mod prototype;
#[cfg(not(loom))]
mod registration;
#[cfg(not(loom))]
mod set;
#[cfg(not(loom))]
mod statistics;
#[cfg(not(loom))]
mod thunk;
#[cfg(not(loom))]
mod thunk_pool;
#[cfg(not(loom))]
mod trampoline;
#[cfg(not(loom))]
mod unregister;

pub use refusal::Refusal;

#[cfg(not(loom))]
pub(crate) use registration::PoisonWatch;

#[cfg(not(loom))]
pub use {
    callback::Callback,
    error::{Full, RegisterError},
    fallback::{Fallback, UseDefault},
    ffi_safe::{FfiReturn, FfiSafe, UserData, UserPointer},
    forever::Forever,
    kind::{Call, CallMut, CallOnce, CallShared, Guarded, Kind, Once, Shared},
    options::AnyThread,
    plain_prototype::PlainPrototype,
    pool::CAPACITY,
    prototype::Prototype,
    registration::{BoxedRegistration, Counts, Ended, Registration},
    set::{CallbackSet, Members},
    statistics::{Statistics, statistics},
    thunk::Thunk,
    unregister::{Aftermath, Outcome, Unregister},
};
