//! The demo: two users are checked, in C, in every way in which a call can be made.

mod call;
mod numbers;
mod store;

pub use call::{DemoCall, DemoCallImpl, DemoComplicatedRequest, DemoResponse, DemoUser};
pub use numbers::{Numbers, NumbersImpl};
pub use store::{Client, ClientImpl, Store, StoreOffer};
