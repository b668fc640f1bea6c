//! What goes over to the peer, and what comes back, before it has a type.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::convert::{ConvertError, Problem};
use crate::{CallError, FromRef, StringRef, View};

/// How a call went: what an answer becomes on its way to the caller.
pub(super) type Answer<T> = Result<T, CallError>;

/// One call, as the peer holds it: `foreign_call` in C.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct RawCall {
    /// A number that is refused once the call is over.
    pub(super) handle: usize,
    /// What the peer can do with it. Constant, so it can be used at any time.
    pub(super) rust: &'static Functions,
}

/// What the peer can do with a call: `foreign_call_functions` in C.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Functions {
    pub(super) answer: AnswerFunction,
}

/// Returns [`TAKEN`] or [`REFUSED`].
type AnswerFunction = unsafe extern "C" fn(handle: usize, status: u32, view: *const c_void) -> u32;

pub(super) const TAKEN: u32 = 0;
pub(super) const REFUSED: u32 = 1;

const ANSWERED: u32 = 0;
const FAILED: u32 = 1;
const GIVEN_UP: u32 = 2;

/// A failure as the peer reports it: `foreign_call_failure` in C.
#[derive(Clone, Copy)]
#[repr(C)]
struct FailureRef<'a> {
    code: i32,
    message: StringRef<'a>,
}

// SAFETY: repr(C): a number and a view.
unsafe impl View for FailureRef<'_> {}

/// Reads what the peer answered. Never unwinds.
///
/// # Safety
///
/// As the status says, there is a view of a `T` or of a failure, or a pointer that is null or
/// misaligned. All that it points to is readable until this returns.
pub(super) unsafe fn read<T: FromRef>(status: u32, view: *const c_void) -> Answer<T> {
    match status {
        ANSWERED => {
            // SAFETY: the caller's promise.
            let view = unsafe { look::<T::Ref<'_>>(view) }?;
            match catch_unwind(AssertUnwindSafe(|| T::from_ref(view))) {
                Ok(value) => value.map_err(CallError::Invalid),
                Err(panic) => Err(CallError::Panicked(message(&*panic))),
            }
        }
        FAILED => {
            // SAFETY: the caller's promise.
            let FailureRef { code, message } = *unsafe { look::<FailureRef<'_>>(view) }?;
            let message = String::from_ref(&message).map_err(CallError::Invalid)?;
            Err(CallError::Failed { code, message })
        }
        GIVEN_UP => Err(CallError::Unanswered),
        tag => Err(CallError::Invalid(ConvertError::new(Problem::Tag { tag, of: "status" }))),
    }
}

/// # Safety
///
/// Null, misaligned, or a view for as long as `'a`.
unsafe fn look<'a, R: View>(view: *const c_void) -> Result<&'a R, CallError> {
    let view = view.cast::<R>();
    let problem = if view.is_null() {
        Problem::Null
    } else if !view.is_aligned() {
        Problem::Misaligned
    } else {
        // SAFETY: checked, and the caller's promise; any bits are a view.
        return Ok(unsafe { &*view });
    };
    Err(CallError::Invalid(ConvertError::new(problem)))
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("(no text)").to_owned()
}

/// A statistic: it orders nothing, so `Relaxed`, and pairs with nothing.
static REFUSALS: AtomicU64 = AtomicU64::new(0);

/// So many answers of this process were refused so far: late, repeated, or of no call.
pub fn refused_answers() -> u64 {
    REFUSALS.load(Ordering::Relaxed)
}

#[cold]
pub(super) fn refuse() -> u32 {
    REFUSALS.fetch_add(1, Ordering::Relaxed);
    REFUSED
}

/// A number as C takes it by value. Only `char` differs.
pub trait Scalar {
    /// In C.
    type C;
    /// For C.
    fn to_c(self) -> Self::C;
}

macro_rules! scalar {
    ($($number:ty => $c:ty),*) => { $(
        impl Scalar for $number {
            type C = $c;

            #[inline]
            fn to_c(self) -> $c {
                self.into()
            }
        }
    )* };
}

scalar!(u8 => u8, u16 => u16, u32 => u32, u64 => u64, usize => usize, i8 => i8, i16 => i16,
    i32 => i32, i64 => i64, isize => isize, f32 => f32, f64 => f64, bool => bool, char => u32);
