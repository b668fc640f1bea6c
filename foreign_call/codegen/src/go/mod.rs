//! Writes Go: one file, from one source or several.
//!
//! A value in Go has the names that it has in Rust. Where it lies as its view does (numbers, texts,
//! structs of these), Go reads it in Rust's memory; all else is converted, by a function for each
//! type that an argument ([`read`]) or an answer ([`write`]) needs.

mod calls;
mod mem;
#[cfg(all(test, loom))]
mod model;
mod names;
mod offers;
mod own;
mod read;
mod streams;
mod types;
mod views;
mod write;

use std::collections::{BTreeSet, HashMap, HashSet};

use foreign_call_model::{Interface, Type};
use proc_macro2::Span;
use syn::{Error, Result};

use crate::names::Names;
use names::view_name;

const HEADER: &str = include_str!("../../../include/foreign_call.h");
const C_RUNTIME: &str = include_str!("runtime.h");
/// Go files that are a part of each one that is written.
const RUNTIME: [&str; 4] = [
    include_str!("runtime.go"),
    include_str!("workers.go"),
    include_str!("contexts.go"),
    include_str!("streams.go"),
];
/// What is added where calls come over a ring.
const MEM: [&str; 3] =
    [include_str!("mem.go"), include_str!("mem_streams.go"), include_str!("rings.go")];
/// What is added where Go calls Rust.
const OFFERS_HEADER: &str = include_str!("../../../include/foreign_call_offers.h");
const OFFERS_C: &str = include_str!("offers.h");
/// cgo links its part alone, to see what it needs. There Rust's functions are missing, which only the
/// linker of macOS minds where they are weak.
const OFFERS_FLAGS: &str = "#cgo darwin LDFLAGS: -Wl,-undefined,dynamic_lookup\n";
const OFFERS: &str = include_str!("offers.go");

/// The file, under construction.
pub(crate) struct File<'a> {
    /// What is being read.
    interface: &'a Interface,
    names: Names,
    /// The containers that were met, by the names of their views.
    containers: HashMap<String, Type>,
    tuples: HashSet<usize>,
    has_result: bool,
    /// Whether Go calls Rust, too.
    has_offers: bool,
    /// The names of views that have a type, a function that reads, one that writes, and one that
    /// copies what was lent.
    viewed: HashSet<String>,
    readers: HashSet<String>,
    writers: HashSet<String>,
    owners: HashSet<String>,
    /// The C before `import "C"`, without the runtime's.
    c: String,
    /// What the user sees.
    types: String,
    views: String,
    layouts: String,
    reads: String,
    writes: String,
    owns: String,
    calls: String,
    /// So many functions answer later, with up to so many arguments; and what finds them by number.
    later: usize,
    words: usize,
    dispatch: String,
    /// The most words of a message to Go; none if there is no ring.
    message_words: usize,
}

impl<'a> File<'a> {
    pub(crate) fn new(first: &'a Interface) -> File<'a> {
        File {
            interface: first,
            names: Names::new("Go", names::GO),
            containers: HashMap::new(),
            tuples: HashSet::new(),
            has_result: false,
            has_offers: false,
            viewed: HashSet::new(),
            readers: HashSet::new(),
            writers: HashSet::new(),
            owners: HashSet::new(),
            c: String::new(),
            types: String::new(),
            views: String::new(),
            layouts: String::new(),
            reads: String::new(),
            writes: String::new(),
            owns: String::new(),
            calls: String::new(),
            later: 0,
            words: 1,
            dispatch: String::new(),
            message_words: 0,
        }
    }

    /// Adds what a source of this name says.
    ///
    /// # Errors
    ///
    /// At what Go has no name or no type for.
    pub(crate) fn add(&mut self, interface: &'a Interface, source: &str) -> Result<()> {
        self.interface = interface;
        self.names.read(source);
        if let Some(it) = interface.traits.iter().find(|it| it.process) {
            let why = "only C can serve another process; put this trait into a file of its own";
            return Err(Error::new(it.span, why));
        }
        for definition in &interface.definitions {
            for field in definition.fields() {
                self.need(&field.ty, field.span)?;
            }
            self.definition(definition)?;
        }
        interface.traits.iter().try_for_each(|it| self.calls(it))?;
        if let (Some(first), false) = (interface.offers.first(), self.has_offers) {
            self.has_offers = true;
            self.names.claim("CallError", "the calls to Rust", first.span)?;
        }
        interface.offers.iter().try_for_each(|it| self.offers(it))
    }

    /// Declares the containers in a type.
    fn need(&mut self, ty: &Type, span: Span) -> Result<()> {
        ty.parts().into_iter().try_for_each(|part| self.need(part, span))?;
        if matches!(ty, Type::Scalar(_) | Type::Unit | Type::String | Type::Named(_)) {
            return Ok(());
        }
        let name = view_name(ty);
        if self.containers.get(&name) == Some(ty) {
            return Ok(());
        }
        self.claim_view(&name, &format!("the view of `{ty}`"), span)?;
        self.containers.insert(name, ty.clone());
        self.container(ty, span)
    }

    /// A view's name, and those of the functions that convert it.
    fn claim_view(&mut self, name: &str, by: &str, span: Span) -> Result<()> {
        let made = ["", "_read", "_write", "_own"];
        made.iter().try_for_each(|ending| self.names.claim(&format!("{name}{ending}"), by, span))
    }

    /// The whole file, formatted as gofmt would.
    pub(crate) fn finish(self, sources: &[&str]) -> String {
        let (mut imports, mut runtime) = (BTreeSet::new(), String::new());
        let offers = self.has_offers.then_some(OFFERS);
        let mem = MEM.into_iter().filter(|_| self.message_words > 0);
        for file in RUNTIME.into_iter().chain(offers).chain(mem) {
            let (list, rest) = file
                .split_once("\nimport (\n")
                .and_then(|(_, rest)| rest.split_once("\n)\n"))
                .expect("each imports something");
            imports.extend(list.lines());
            runtime += rest;
        }
        let imports = imports.into_iter().collect::<Vec<_>>().join("\n");
        let words = format!("#define FOREIGN_CALL_WORDS {}\n", self.words);
        let mut c = vec![HEADER, &words, C_RUNTIME];
        if self.has_offers {
            c.extend([OFFERS_FLAGS, OFFERS_HEADER, OFFERS_C]);
        }
        c.push(self.c.trim_end());
        let c = c.join("\n");
        let c: String =
            c.lines().map(|line| format!("// {line}").trim_end().to_owned() + "\n").collect();
        let layouts = match self.layouts.as_str() {
            "" => String::new(),
            layouts => format!(
                "// Layouts are as Rust has them, or this does not compile.\nfunc _() {{\n\
                 \tvar same [1]struct{{}}\n{layouts}}}\n\n"
            ),
        };
        let dispatch = format!(
            "func foreign_call_run(arena *foreign_call_arena, record *C.foreign_call_record) \
             C.uint32_t {{\n\tswitch record.function {{\n{}\t}}\n\
             \treturn foreign_call_given_up\n}}\n\n",
            self.dispatch
        );
        let message = match self.message_words {
            0 => String::new(),
            words => format!(
                "// A call over a ring: its function, its handle, its arguments.\n\
                 type foreign_call_message [{words}]uint64\n\n"
            ),
        };
        let file_name =
            |source: &&str| source.rsplit(['/', '\\']).next().unwrap_or(source).to_owned();
        let sources: Vec<_> = sources.iter().map(file_name).collect();
        format!(
            "// Code generated by foreign-call-cli from {}. DO NOT EDIT.\n\npackage main\n\n\
             {c}import \"C\"\n\nimport (\n{imports}\n)\n\n{}// What follows is for the calls alone.\n\n\
             func main() {{}}\n\n{}{layouts}{}{}{}{}{dispatch}{message}{}",
            sources.join(", "),
            self.types,
            self.views,
            self.reads,
            self.writes,
            self.owns,
            self.calls,
            runtime.trim_start()
        )
    }
}
