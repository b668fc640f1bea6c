//! Writes the other side of a `foreign_call` trait, from the trait's source.
//!
//! In a build script, [`Builder`] does all of it: the header, the C compiler, the linker. Elsewhere
//! there is [`c_header`], and `foreign-call-cli` around it.
//!
//! ```
//! let source = "
//!     #[foreign_call::r2g]
//!     pub trait Adder {
//!         fn add(a: i32, b: i32) -> i32;
//!     }
//! ";
//! let header = foreign_call_codegen::c_header(source, "src/call.rs").unwrap();
//! assert!(header.contains("void Adder_add(int32_t a, int32_t b, Adder_add_call call);"));
//! ```

mod builder;
mod c;
mod diagnostic;

pub use builder::Builder;
pub use diagnostic::Diagnostics;

use foreign_call_model::Interface;

/// The C header for the traits of a source text. `name` is the file's, for what is said about it.
///
/// # Errors
///
/// All that can't cross, with its line.
pub fn c_header(source: &str, name: &str) -> Result<String, Diagnostics> {
    Interface::parse(source)
        .and_then(|interface| c::header(&interface, name))
        .map_err(|error| Diagnostics::new(error, source, name))
}
