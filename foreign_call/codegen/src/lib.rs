//! Writes the other side of a `foreign_call` trait, from the trait's source.
//!
//! In a build script, [`Builder`] does all of it: the header or the Go file, the compiler, the linker.
//! Elsewhere there are [`c_header`] and [`go_file`], and `foreign-call-cli` around them.
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
mod c_offers;
mod diagnostic;
mod go;
mod go_build;
mod names;

pub use builder::Builder;
pub use diagnostic::Diagnostics;
pub use go_build::{NoGo, find_go};

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

/// The Go file for the traits of one source text or several, each with its file's name. It is a file
/// of the package `main`, which is built as a C archive.
///
/// # Errors
///
/// All that can't cross, or that Go has no name for, with its line.
///
/// # Panics
///
/// Without a source.
pub fn go_file(sources: &[(&str, &str)]) -> Result<String, Diagnostics> {
    let mut interfaces = Vec::new();
    for (text, name) in sources {
        let interface = Interface::parse(text);
        interfaces.push(interface.map_err(|error| Diagnostics::new(error, text, name))?);
    }
    let mut file = go::File::new(interfaces.first().expect("a source"));
    for (interface, (text, name)) in interfaces.iter().zip(sources) {
        file.add(interface, name).map_err(|error| Diagnostics::new(error, text, name))?;
    }
    Ok(file.finish(&sources.iter().map(|(_, name)| *name).collect::<Vec<_>>()))
}
