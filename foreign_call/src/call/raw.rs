//! What goes over to the peer, and what comes back, before it has a type.

use std::ffi::c_void;
use std::mem::offset_of;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use callback_bridge::quiet::drop_quietly;

use crate::convert::{ConvertError, Form, In, Kind, Problem};
use crate::{CallError, FromRef, StringRef, View};

/// How a call went: what an answer becomes on its way to the caller. The error is boxed, as it is
/// rare and large, and every answer would carry its room.
pub type Answer<T> = Result<T, Box<CallError>>;

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
    pub(super) state: StateFunction,
    /// Of streams; of all else there is none.
    pub(super) wait_for_room: Option<WaitForRoomFunction>,
}

/// Returns [`TAKEN`] or [`REFUSED`].
pub(super) type AnswerFunction =
    unsafe extern "C" fn(handle: usize, status: u32, view: *const c_void) -> u32;

/// Returns [`WAITED_FOR`] or [`NOT_WAITED_FOR`].
type StateFunction = extern "C" fn(handle: usize) -> u32;

type WaitForRoomFunction = extern "C" fn(handle: usize, milliseconds: u32) -> u32;

pub(super) const TAKEN: u32 = 0;
pub(super) const REFUSED: u32 = 1;

pub(super) const WAITED_FOR: u32 = 0;
const NOT_WAITED_FOR: u32 = 1;

/// As the peer is told it.
pub(super) fn state(waited_for: bool) -> u32 {
    if waited_for { WAITED_FOR } else { NOT_WAITED_FOR }
}

pub(crate) const ANSWERED: u32 = 0;
pub(crate) const FAILED: u32 = 1;
pub(crate) const GIVEN_UP: u32 = 2;

/// A failure as the peer reports it: `foreign_call_failure` in C.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct FailureRef<'a> {
    pub(crate) code: i32,
    pub(crate) message: StringRef<'a>,
}

// SAFETY: repr(C): a number and a view.
unsafe impl<'a> View for FailureRef<'a> {
    const FORM: Form = Form {
        size: size_of::<Self>(),
        kind: Kind::All {
            parts: &[
                (offset_of!(Self, code), i32::FORM),
                (offset_of!(Self, message), StringRef::<'a>::FORM),
            ],
        },
    };
}

/// Reads what the peer answered. Never unwinds.
///
/// # Safety
///
/// As the status says, there is a view of a `T` or of a failure, or a pointer that is null or
/// misaligned. All that it points to is readable until this returns.
#[inline]
pub(super) unsafe fn read<T: FromRef>(status: u32, view: *const c_void) -> Answer<T> {
    // SAFETY: the caller's promise.
    if let Some(value) = unsafe { read_plain(status, view) } {
        return Ok(value);
    }
    if status != ANSWERED {
        // SAFETY: the caller's promise.
        return Err(unsafe { read_error(status, view) });
    }
    // SAFETY: the caller's promise.
    let view = unsafe { look::<T::Ref<'_>>(view) }.map_err(Box::new)?;
    match catch_unwind(AssertUnwindSafe(|| T::from_ref(view))) {
        Ok(value) => value.map_err(|error| Box::new(CallError::Invalid(error))),
        Err(panic) => {
            let message = message(&*panic);
            drop_quietly(panic);
            Err(Box::new(CallError::Panicked(message)))
        }
    }
}

/// The same, where nothing can be wrong with a view: then there is nothing to convert, and nothing that
/// may panic.
///
/// # Safety
///
/// As [`read`].
#[inline]
pub(super) unsafe fn read_plain<T: FromRef>(status: u32, view: *const c_void) -> Option<T> {
    let view = view.cast::<T::Ref<'_>>();
    if !T::PLAIN || status != ANSWERED || view.is_null() || !view.is_aligned() {
        return None;
    }
    // SAFETY: `PLAIN`: the bytes of any view are a value; and there is a view.
    Some(unsafe { view.cast::<T>().read_unaligned() })
}

/// # Safety
///
/// As [`read`].
#[cold]
#[inline(never)]
pub(super) unsafe fn read_error(status: u32, view: *const c_void) -> Box<CallError> {
    Box::new(match status {
        FAILED => {
            // SAFETY: the caller's promise.
            let failure = unsafe { look::<FailureRef<'_>>(view) };
            let message = |it: &FailureRef<'_>| {
                let message = String::from_ref(&it.message).in_field("message");
                message.map_err(CallError::Invalid)
            };
            match failure.and_then(|it| Ok((it.code, message(it)?))) {
                Ok((code, message)) => CallError::Failed { code, message },
                Err(error) => error,
            }
        }
        GIVEN_UP => CallError::Unanswered,
        tag => CallError::Invalid(ConvertError::new(Problem::Tag { tag, of: "status" })),
    })
}

/// # Safety
///
/// Null, misaligned, or a view for as long as `'a`.
#[inline]
unsafe fn look<'a, R: View>(view: *const c_void) -> Result<&'a R, CallError> {
    let view = view.cast::<R>();
    if view.is_null() || !view.is_aligned() {
        return Err(no_view(view.is_null()));
    }
    // SAFETY: checked, and the caller's promise; any bits are a view.
    Ok(unsafe { &*view })
}

#[cold]
fn no_view(null: bool) -> CallError {
    let problem = if null { Problem::Null } else { Problem::Misaligned };
    CallError::Invalid(ConvertError::new(problem))
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
pub trait Scalar: Sized {
    /// In C.
    type C;
    /// For C.
    fn to_c(self) -> Self::C;

    /// For a message: in the first bytes of a word.
    #[inline]
    fn to_word(self) -> u64 {
        const { assert!(size_of::<Self::C>() <= 8 && align_of::<Self::C>() <= 8) };
        let mut word = 0_u64;
        // SAFETY: there is room for it, as was just asserted, and any bytes are a word.
        unsafe { (&raw mut word).cast::<Self::C>().write(self.to_c()) };
        word
    }
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
