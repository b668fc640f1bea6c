//! What is lent to Go: views of a request, as `csrc/bridge_with_go.h` lays them out.

use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::AtomicU32;

use crate::{Request, User};

/// `bridge_with_go_bytes`: a pointer and a length, good for as long as `'a`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct BytesRef<'a> {
    pointer: *const u8,
    length: usize,
    lent: PhantomData<&'a [u8]>,
}

impl<'a> BytesRef<'a> {
    /// Lends these bytes.
    pub fn new(bytes: &'a [u8]) -> BytesRef<'a> {
        BytesRef { pointer: address(bytes), length: bytes.len(), lent: PhantomData }
    }

    /// Lends `length` bytes from there on.
    ///
    /// # Safety
    ///
    /// They are readable and stay as they are for as long as `'a`. If there are none, the pointer
    /// is null.
    pub unsafe fn from_raw_parts(pointer: *const u8, length: usize) -> BytesRef<'a> {
        BytesRef { pointer, length, lent: PhantomData }
    }
}

/// Where a list begins. An empty one begins nowhere: Rust keeps a number as small as 1 or 8 in that
/// place, for which Go ends the process if it finds it on its stack.
fn address<T>(list: &[T]) -> *const T {
    if list.is_empty() { ptr::null() } else { list.as_ptr() }
}

/// `bridge_with_go_user`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct UserRef<'a> {
    name: BytesRef<'a>,
    age: u8,
}

impl<'a> UserRef<'a> {
    fn new(user: &'a User) -> UserRef<'a> {
        UserRef { name: BytesRef::new(user.name.as_bytes()), age: user.age }
    }
}

/// `bridge_with_go_request`, its list of users included.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct RequestRef<'a> {
    users: *const UserRef<'a>,
    user_count: usize,
    limits: BytesRef<'a>,
}

/// A request as Go sees it. Names and limits stay where they are; only the list of users is made
/// anew, because Rust and Go don't lay a user out alike.
#[derive(Debug)]
pub struct Views<'a> {
    request: RequestRef<'a>,
    /// Behind `request.users`.
    _users: Vec<UserRef<'a>>,
}

impl<'a> Views<'a> {
    /// Looks at a request, which stays as it is meanwhile.
    pub fn new(request: &'a Request) -> Views<'a> {
        let users: Vec<_> = request.users.iter().map(UserRef::new).collect();
        let limits = BytesRef::new(&request.limits);
        let request = RequestRef { users: address(&users), user_count: users.len(), limits };
        Views { request, _users: users }
    }

    /// To be handed to Go, for as long as the views are there.
    pub fn request(&self) -> &RequestRef<'_> {
        &self.request
    }
}

/// `bridge_with_go_shared`: `turn` says who may use the rest.
#[repr(C)]
#[derive(Debug)]
pub struct Shared {
    /// One of `bridge_with_go_turn`. What one side wrote before it stored it (with `Release`), the
    /// other sees once it has loaded it (with `Acquire`). Go's atomics are stronger.
    pub turn: AtomicU32,
    /// The answer to the last request.
    pub answer: UnsafeCell<u32>,
    /// How many bytes of `request` are used.
    pub length: UnsafeCell<u32>,
    /// A serialised request.
    pub request: UnsafeCell<[u8; 4096]>,
}

/// Sizes and offsets as Rust has them, in the order of `bridge_with_go_layouts`.
pub fn layouts() -> [usize; 8] {
    [
        size_of::<BytesRef<'_>>(),
        offset_of!(BytesRef<'_>, length),
        size_of::<UserRef<'_>>(),
        offset_of!(UserRef<'_>, age),
        size_of::<RequestRef<'_>>(),
        offset_of!(RequestRef<'_>, limits),
        size_of::<Shared>(),
        offset_of!(Shared, request),
    ]
}
