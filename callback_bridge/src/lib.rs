//! Closures as C callbacks, their data off the callback's thread, and answers that come later.
#![warn(missing_docs)]

mod sync;

pub mod closure;
pub mod request;
