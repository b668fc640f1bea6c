//! The other side of the traits: what a C author would write, in Rust.

mod call;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ptr;
use std::thread;

use foreign_call::call::Interface;

pub(crate) use call::{Call, REFUSED, Status, TAKEN, Text};

#[repr(C)]
pub(crate) struct User {
    name: Text,
    age: u8,
}

#[repr(C)]
struct List {
    pointer: *const User,
    length: usize,
}

type Plan = Box<dyn FnOnce(Call, *const User)>;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static PLANS: RefCell<VecDeque<Plan>> = const { RefCell::new(VecDeque::new()) };
    static KEPT: Cell<Option<Call>> = const { Cell::new(None) };
    static VIEW: Cell<*const User> = const { Cell::new(ptr::null()) };
    static TOLD: RefCell<(String, u8, u32)> = const { RefCell::new((String::new(), 0, 0)) };
}

/// What the next call from this thread shall do, instead of what it does of itself.
pub(crate) fn misbehave(plan: impl FnOnce(Call, *const User) + 'static) {
    PLANS.with_borrow_mut(|plans| plans.push_back(Box::new(plan)));
}

pub(crate) fn answer_with(answer: impl FnOnce(Call) -> u32 + 'static) {
    misbehave(move |call, _| {
        answer(call);
    });
}

pub(crate) fn answer_later(answer: impl FnOnce(Call) + Send + 'static) {
    misbehave(move |call, _| drop(thread::spawn(move || answer(call))));
}

pub(crate) fn keep(call: Call) {
    KEPT.set(Some(call));
}

pub(crate) fn kept() -> Call {
    KEPT.take().expect("a call was kept")
}

pub(crate) fn keep_view(user: *const User) {
    VIEW.set(user);
}

pub(crate) fn kept_name() -> String {
    // SAFETY: lent until its call is answered, which the test does after this.
    let user = unsafe { &*VIEW.get() };
    String::from_utf8_lossy(user.name.get()).into_owned()
}

pub(crate) fn calls() -> usize {
    CALLS.get()
}

pub(crate) fn told() -> (String, u8, u32) {
    TOLD.take()
}

/// Follows the plan for this call; `None` if there was one.
fn planned(call: Call, user: *const User) -> Option<&'static User> {
    CALLS.set(CALLS.get() + 1);
    match PLANS.with_borrow_mut(VecDeque::pop_front) {
        Some(plan) => {
            plan(call, user);
            None
        }
        // SAFETY: lent through the call at least, and not used for longer here.
        None => unsafe { user.as_ref() },
    }
}

#[unsafe(no_mangle)]
extern "C" fn Fault_tell(user: &User, letter: u32) {
    TOLD.set((String::from_utf8_lossy(user.name.get()).into_owned(), user.age, letter));
}

#[unsafe(no_mangle)]
extern "C" fn Fault_check(user: &User, call: Call) {
    planned(call, user);
}

#[unsafe(no_mangle)]
extern "C" fn Fault_try_check(user: &User, call: Call) {
    planned(call, user);
}

#[unsafe(no_mangle)]
extern "C" fn Fault_own_error(user: &User, limit: u8, call: Call) {
    #[repr(C)]
    struct Outcome {
        is_ok: bool,
        value: Value,
    }
    #[repr(C)]
    union Value {
        ok: Text,
        err: Refusal,
    }
    #[derive(Clone, Copy)]
    #[repr(C)]
    struct Refusal {
        tag: u32,
        value: RefusalValue,
    }
    #[derive(Clone, Copy)]
    #[repr(C)]
    union RefusalValue {
        too_young: u8,
        broken: Text,
    }
    if user.name.get().is_empty() {
        call.fail(-7, b"no name");
    } else if user.age < limit {
        let err = Refusal { tag: 0, value: RefusalValue { too_young: user.age } };
        call.answer(&Outcome { is_ok: false, value: Value { err } });
    } else {
        let text = [b"welcome, ", user.name.get()].concat();
        call.answer(&Outcome { is_ok: true, value: Value { ok: Text::new(&text) } });
    }
}

#[unsafe(no_mangle)]
extern "C" fn Fault_text(name: &Text, bytes: &Text, call: Call) {
    let sum: u32 = bytes.get().iter().map(|byte| u32::from(*byte)).sum();
    let text = [name.get(), format!(" {sum}").as_bytes()].concat();
    call.answer(&Text::new(&text));
}

#[unsafe(no_mangle)]
extern "C" fn Fault_number(_number: u64, call: Call) {
    planned(call, ptr::null());
}

/// Answers on another thread, from the lent memory, after a while.
fn length_later(user: &'static User, factor: u64, call: Call) {
    let user = ptr::from_ref(user).addr();
    thread::spawn(move || {
        thread::yield_now();
        // SAFETY: lent until the answer.
        let user = unsafe { &*ptr::with_exposed_provenance::<User>(user) };
        call.answer(&(user.name.get().len() as u64 * factor));
    });
}

#[unsafe(no_mangle)]
extern "C" fn Fault_length(user: *const User, call: Call) {
    if let Some(user) = planned(call, user) {
        length_later(user, 1, call);
    }
}

#[unsafe(no_mangle)]
extern "C" fn Fault_length_safe(user: *const User, factor: u64, call: Call) {
    if let Some(user) = planned(call, user) {
        length_later(user, factor, call);
    }
}

#[unsafe(no_mangle)]
extern "C" fn Fault_length_back(user: *const User, call: Call) {
    if let Some(user) = planned(call, user) {
        length_later(user, 1, call);
    }
}

#[unsafe(no_mangle)]
extern "C" fn Fault_both_back(users: &List, number: i32, call: Call) {
    assert_eq!((users.length, number), (2, -1));
    assert!(!users.pointer.is_null());
    call.answer(&0_u8);
}

#[unsafe(no_mangle)]
extern "C" fn Other_check(number: u32, call: Call) {
    call.answer(&(number + 1));
}

#[unsafe(no_mangle)]
pub(crate) static Fault_interface: Interface =
    Interface { number: 0xc96f_a64a_ecca_e34e, notify: None };
#[unsafe(no_mangle)]
pub(crate) static Other_interface: Interface =
    Interface { number: 0xfc64_6edb_c5f3_d398, notify: None };

macro_rules! not_called {
    ($($name:ident)*) => { $(
        #[unsafe(no_mangle)]
        extern "C" fn $name() {
            unreachable!("Rust must not call a peer that was made for other bytes");
        }
    )* };
}

not_called! { Stale_tell Stale_check Stale_later Stale_lent Stale_watch }

#[unsafe(no_mangle)]
static Stale_interface: Interface = Interface { number: 1, notify: None };
