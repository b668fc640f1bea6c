#![doc = include_str!("crate_page.md")]
#![warn(missing_docs)]

mod looks;
mod sync;

/// For `foreign_call`, whose rings wait in the same way. Not for anybody else.
#[doc(hidden)]
pub mod fence;
/// For `foreign_call`, which meets the same foreign code. Not for anybody else.
#[doc(hidden)]
pub mod quiet;

pub mod clock;
pub mod closure;
pub mod handoff;
pub mod request;
