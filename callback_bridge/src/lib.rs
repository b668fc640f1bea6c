#![doc = include_str!("crate_page.md")]
#![warn(missing_docs)]

mod looks;
mod quiet;
mod sync;

pub mod clock;
pub mod closure;
pub mod handoff;
pub mod request;
