//! Every type and every fault, through C and back. The tests use it; there is nothing else to see.

mod by_hand;
mod interface;
pub mod offered;
#[cfg(unix)]
pub mod over_ring;

pub use interface::*;
