#![doc = include_str!("crate_page.md")]
#![warn(missing_docs)]

#[cfg(not(target_pointer_width = "64"))]
compile_error!("foreign_call's views are laid out for pointers of 64 bits");

// So that what the macros write also works in here.
extern crate self as foreign_call;

pub mod call;
pub mod convert;
pub mod offer;
pub mod ring;

#[path = "../model/src/shape.rs"]
mod shape;

#[doc(inline)]
pub use call::{CallError, kept_calls, refused_answers, within};
#[doc(inline)]
pub use convert::{ConvertError, FromRef, ListRef, MemType, StringRef, ToRef, View, Writer};
pub use foreign_call_macros::{R2G, g2r, r2g};
/// What a trait's stream is: `futures_core`'s.
#[doc(no_inline)]
pub use futures_core::Stream;
#[doc(inline)]
pub use offer::{AlreadyOffered, Task, panicked_calls, refused_calls};

/// What the macros write refers to. Not for anybody else.
#[doc(hidden)]
pub mod rt;
