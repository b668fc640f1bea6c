//! The other direction: a trait that Rust implements, called by C and Go.
//!
//! [`#[g2r]`](crate::g2r) on a trait `Store` makes `StoreOffer`, which offers one instance to the
//! whole process, until it is dropped.
//!
//! # The ABI
//!
//! For each function of the trait Rust has one C function, `Store_name_rust`:
//!
//! ```c
//! uint32_t Store_name_rust(
//!     uint64_t interface, Store_name_answer answer, void *user_data, /* the arguments */);
//! void Store_name_answer(
//!     void *user_data, uint32_t status, const TRef *answer, const foreign_call_failure *failure);
//! ```
//!
//! The generated header wraps it: `Store_name(/* the arguments */, answer, user_data)` passes the
//! interface's number. What does not depend on the interface comes first, so that a caller which was
//! made for another one can still be told.
//!
//! The generated Go file has a function of the trait's name for each, too: `Store_name` writes the
//! arguments to C's memory, calls, and copies what it is answered.
//!
//! Arguments are numbers, `bool` (as `uint8_t`) and `char` (as `uint32_t`) by value, and pointers to
//! views for all else. `answer` may be null; that of a one-way call is only used if it fails.
//!
//! | status | `answer` | `failure` |
//! |---|---|---|
//! | 0, answered | the answer's view | null |
//! | 1, failed | null | a code and a message |
//! | 2, given up | null | null |
//!
//! What comes back at once is 0 if the call was made, and 1 if it was refused or has panicked; then
//! `answer` has been told why.
//!
//! **Who owns which bytes.** The peer owns arguments and their views, and keeps them as they are until
//! `Store_name_rust` returns, also for an async function: by then Rust has copied them. A `&str` or a
//! list of plain numbers is not copied for a sync function, which borrows it. Rust owns the answer and
//! its view, which live until `answer` returns, and drops them then. So nothing is freed across the
//! border, and nobody keeps a pointer.
//!
//! **Which thread.** Any thread may call, several at once. A sync call is answered on the caller's
//! thread, before it returns. An async one is answered once, by its task, so on any thread; it is given
//! up if the task is dropped unfinished, as by a runtime that shuts down, possibly before
//! `Store_name_rust` has returned. `answer` may call Rust again, and so may whatever Rust calls.
//!
//! **What is refused.** A call while nobody offers, one with another interface's number, and one whose
//! argument is no value of its type: null, misaligned, not UTF-8, and all else that
//! [`convert`](crate::convert) checks. The caller is told, with a code of the library's own, and
//! [`refused_calls`] counts it. A panic of the implementation ends there: the caller is told its
//! message, and [`panicked_calls`] counts it.
//!
//! **Offering and withdrawing** never wait, also not inside a call. A call that has found an instance
//! runs on it to its end. Dropping the offer so means that no call finds it from now on; that the last
//! one has ended shows in the instance's own `Drop`, which may run on the peer's thread.

mod argument;
mod failure;
mod later;
mod reply;
mod slot;

pub use failure::{panicked_calls, refused_calls};
pub use later::Task;
pub use slot::AlreadyOffered;

#[doc(hidden)]
pub use argument::{Listed, list, owned, scalar, text};
#[doc(hidden)]
pub use failure::{Failed, Failure};
#[doc(hidden)]
pub use later::{Beginning, Later, Spawn, answer_later, begin};
#[doc(hidden)]
pub use reply::{AnswerFunction, Reply, answer_now, tell};
#[doc(hidden)]
pub use slot::{Held, Offered, Slot};
