//! What a call allocates on the Rust side: nothing for flat arguments, at most one buffer for nested
//! ones.
//!
//! One test in a process of its own: the allocator counts for all of it.

#[path = "peer/call.rs"]
mod call;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::c_void;

use call::{Call, TAKEN};
use foreign_call::call::Interface;
use foreign_call::{R2G, Stream, r2g};

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: it is the system's allocator, and counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        BYTES.set(BYTES.get() + layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(R2G)]
struct User {
    name: String,
    age: u8,
}

#[derive(R2G)]
struct Request {
    users: Vec<User>,
    bytes: Vec<u8>,
}

#[r2g]
trait Cost {
    fn flat(user: &User, number: u64) -> u64;
    fn nested(request: &Request) -> u64;
    fn tell(request: &Request);
    async fn later(number: u64) -> u64;
    #[drop_safe]
    async fn given(request: Request) -> u64;
    #[buffer(65536)]
    fn watch() -> impl Stream<Item = u64>;
}

#[unsafe(no_mangle)]
extern "C" fn Cost_flat(_: *const c_void, _: u64, call: Call) {
    assert_eq!(call.answer(&7_u64), TAKEN);
}

#[unsafe(no_mangle)]
extern "C" fn Cost_nested(_: *const c_void, call: Call) {
    assert_eq!(call.answer(&7_u64), TAKEN);
}

#[unsafe(no_mangle)]
extern "C" fn Cost_tell(_: *const c_void) {}

#[unsafe(no_mangle)]
extern "C" fn Cost_later(_: u64, call: Call) {
    assert_eq!(call.answer(&7_u64), TAKEN);
}

#[unsafe(no_mangle)]
extern "C" fn Cost_given(_: *const c_void, call: Call) {
    assert_eq!(call.answer(&7_u64), TAKEN);
}

#[unsafe(no_mangle)]
extern "C" fn Cost_watch(_: Call) {}

#[unsafe(no_mangle)]
static Cost_interface: Interface = Interface { number: 0xe11a_cd99_1f20_d4b1, notify: None };

fn allocations<T>(of: impl FnOnce() -> T) -> u64 {
    let before = COUNT.get();
    let kept = of();
    let count = COUNT.get() - before;
    drop(kept);
    count
}

fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("the peer answers at once"),
    }
}

#[test]
fn a_call_allocates_what_it_must() {
    let user = || User { name: "chihai".into(), age: 28 };
    let request = |users: usize| Request {
        users: (0..users).map(|_| user()).collect(),
        bytes: vec![0; 100_000],
    };
    let (flat, few, many, given) = (user(), request(3), request(3_000), request(3));
    CostImpl::flat(&flat, 1); // the thread's first
    ready(CostImpl::later(1));
    assert_eq!(allocations(|| CostImpl::flat(&flat, 1)), 0, "flat");
    assert_eq!(allocations(|| CostImpl::nested(&few)), 0, "nested: the views lie on the stack");
    assert_eq!(allocations(|| CostImpl::nested(&many)), 1, "nested: one buffer for all views");
    assert_eq!(allocations(|| CostImpl::tell(&many)), 1, "one-way: likewise");
    assert_eq!(allocations(|| ready(CostImpl::later(1))), 0, "async: its slot is pooled");
    let given = allocations(|| ready(CostImpl::given(given)));
    assert_eq!(given, 2, "drop-safe: its buffer, and a place for the arguments");
    let before = BYTES.get();
    let stream = CostImpl::watch();
    let bytes = BYTES.get() - before;
    assert!(bytes < 4096, "a stream: no room for 65536 items before there are any: {bytes}");
    drop(stream);
}
