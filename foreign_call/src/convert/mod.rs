//! Values as their *views*: what the other language sees of them.
//!
//! A view is a flat `repr(C)` struct. Numbers lie in it as they are; what has a length of its own is
//! a pointer and a length ([`StringRef`], [`ListRef`]). So nothing is serialised: the peer reads
//! Rust's own memory wherever that has the right form, and only the lists of views in between are
//! made, in one buffer a call, whose size is computed before.
//!
//! [`MemType`] says how much of that a type needs. [`ToRef`] goes out and cannot fail. [`FromRef`]
//! comes in, copies, and checks: UTF-8, `bool`, `char`, tags, lengths, null, alignment. What is
//! wrong is a [`ConvertError`] that names the field; nothing is altered silently.
//!
//! | Rust | view | in C |
//! |---|---|---|
//! | `u8` to `u64`, `i8` to `i64`, `usize`, `isize`, `f32`, `f64` | itself | `uint8_t` ..., `uintptr_t`, `intptr_t`, `float`, `double` |
//! | `bool`, `char`, `()` | `u8`, `u32`, `u8` | `bool`, `uint32_t`, `uint8_t` |
//! | `String`, `str` | [`StringRef`] | `{ const char *pointer; size_t length; }`, no NUL at the end |
//! | `Vec<T>`, `[T]` | [`ListRef`] | `{ const T *pointer; size_t length; }` |
//! | `HashMap`, `BTreeMap` | [`ListRef`] of pairs | the same |
//! | `Option<T>` | [`OptionRef`] | `{ bool is_some; T some; }` |
//! | `Result<T, E>` | [`ResultRef`] | `{ bool is_ok; union { T ok; E err; } value; }` |
//! | `(A, B)`, `[T; N]` | a struct, an array | `{ A f0; B f1; }`, `{ T items[N]; }` |
//! | a struct | a struct of its fields' views | the same |
//! | an enum without data | its variant's position, `u32` | `uint32_t` |
//! | an enum with data | the position and a union | `{ uint32_t tag; union { .. } value; }` |
//!
//! ```
//! use foreign_call::{FromRef, R2G, ToRef, convert::Buffer};
//!
//! #[derive(R2G, Debug, PartialEq)]
//! struct User {
//!     name: String,
//!     age: u8,
//! }
//!
//! let users = vec![User { name: "chihai".into(), age: 28 }];
//! let mut buffer = Buffer::for_value(&users); // one `UserRef` long: the text stays where it is
//! let view = users.to_ref(&mut buffer.writer());
//! assert_eq!(Vec::<User>::from_ref(&view), Ok(users));
//! ```

mod buffer;
mod choice;
mod error;
mod form;
mod inline;
mod layout;
mod list;
mod map;
mod mem_type;
mod scalar;
mod string;
mod traits;

pub use buffer::{Buffer, Writer};
pub use choice::{OptionRef, ResultRef, ResultRefValue};
pub use error::{ConvertError, Problem};
pub use form::{Form, Kind};
pub use inline::{
    Tuple1Ref, Tuple2Ref, Tuple3Ref, Tuple4Ref, Tuple5Ref, Tuple6Ref, Tuple7Ref, Tuple8Ref,
};
pub use list::ListRef;
pub use mem_type::MemType;
pub use string::StringRef;
pub use traits::{FromRef, ToRef, View};

#[doc(hidden)]
pub use buffer::{Room, place_size};
#[doc(hidden)]
pub use error::In;
#[doc(hidden)]
pub use layout::same_layout;
