//! What a trait of foreign calls means, in no language.
//!
//! The macros read a trait or a type at a time, the generator a whole file; both read it here, so
//! that they cannot disagree. [`Interface`] is the file: its [`Definition`]s, in an order in which
//! each comes after what it is made of, its [`Trait`]s to be called, and those that it offers. [`Layout`] says where the parts of a view
//! lie, and [`shape`] adds all of it up to one number.

mod definition;
mod errors;
mod interface;
mod layout;
mod marks;
mod offer;
mod process;
mod returned;
pub mod shape;
mod trait_;
mod types;

pub use definition::{Definition, Field, Kind, Variant};
pub use interface::Interface;
pub use layout::Layout;
pub use marks::is_mark;
pub use returned::{When, answered, returned};
pub use trait_::{Argument, Function, Mode, Outcome, Trait};
pub use types::{Type, docs};
