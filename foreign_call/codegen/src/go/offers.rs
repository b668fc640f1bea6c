//! Traits that Rust offers: for each function one in Go that calls it.
//!
//! The arguments are written to C's memory, as Go's may not point to more of Go's when it is handed
//! out. The answer comes to a Go function, with a number that says which call it is of.

use foreign_call_model::{Argument, Function, Mode, Trait, Type};
use syn::Result;

use super::File;
use super::names::{comment, go_type, local};
use super::read::Place;
use crate::c;
use crate::names::apart;

impl File<'_> {
    pub(super) fn offers(&mut self, it: &Trait) -> Result<()> {
        self.names.claim(&it.name, &format!("the trait `{}`", it.name), it.span)?;
        for function in &it.functions {
            self.used(function)?;
            let symbol = format!("{}_{}", it.name, function.name);
            let by = format!("`{}` of `{}`", function.name, it.name);
            self.names.claim(&symbol, &by, function.span)?;
            apart("Go", function.arguments.iter().map(|it| (&it.name, it.name_span)), local)?;
            self.trampoline(it, function, &symbol);
            self.asks(function, &symbol);
        }
        Ok(())
    }

    /// C, which calls Rust's function. It may be missing where nothing links it.
    fn trampoline(&mut self, it: &Trait, function: &Function, symbol: &str) {
        let number = self.interface.offer_shape(it);
        let parameter = |argument: &Argument| match &argument.ty {
            Type::Scalar("bool") => "uint8_t".to_owned(),
            ty if ty.is_scalar() => c::view(ty),
            _ => "uintptr_t".to_owned(),
        };
        let types: Vec<_> = function.arguments.iter().map(parameter).collect();
        let declared: String = types.iter().map(|ty| format!(", {ty}")).collect();
        let named = |(at, ty): (usize, &String)| format!(", {ty} a{at}");
        let parameters: String = types.iter().enumerate().map(named).collect();
        let passed: String = (0..types.len()).map(|at| format!(", a{at}")).collect();
        self.c += &format!(
            "extern __attribute__((weak)) uint32_t {symbol}_rust(\n    \
             uint64_t interface, foreign_call_told answer, void *user_data{declared});\n\
             FOREIGN_CALL_GO uint32_t foreign_call_ask_{symbol}(\n    \
             uintptr_t caller, uintptr_t arena{parameters}) {{\n    \
             uint32_t made = FOREIGN_CALL_NOT_LINKED;\n    \
             if ({symbol}_rust != NULL) {{\n        \
             made = {symbol}_rust(\n            \
             UINT64_C(0x{number:016x}), foreign_call_tell_go, (void *)caller{passed});\n    }}\n    \
             foreign_call_close(arena);\n    return made;\n}}\n\n"
        );
    }

    /// Go, which the user calls.
    fn asks(&mut self, function: &Function, symbol: &str) {
        let (mut lines, mut passed) = (Vec::new(), String::new());
        for (at, argument) in function.arguments.iter().enumerate() {
            let name = local(&argument.name);
            passed += ", ";
            match &argument.ty {
                Type::Scalar("bool") => passed += &format!("foreign_call_byte({name})"),
                ty if ty.is_scalar() => passed += &format!("C.{}({name})", c::view(ty)),
                ty => {
                    let (place, size) = (format!("at{at}"), self.interface.layout(ty).size);
                    lines.push(format!("{place} := arena.take({size})"));
                    lines.push(self.write(ty, &Place::Raw(place.clone()), &Place::at(name)));
                    passed += &format!("C.uintptr_t(uintptr({place}))");
                }
            }
        }
        let arena = match lines.is_empty() {
            true => "0",
            false => {
                let open =
                    ["arena, given := foreign_call_arena_to_give()", "defer given.unless_given()"];
                lines.splice(0..0, open.map(String::from));
                "given.give()"
            }
        };
        let answer = function.answer.as_ref().filter(|answer| **answer != Type::Unit);
        let read = match (answer, function.mode) {
            (_, Mode::OneWay) => "nil".to_owned(),
            (None, _) => "func(view unsafe.Pointer) {}".to_owned(),
            (Some(ty), _) => {
                let read = self.read(ty, &Place::Raw("view".to_owned()));
                let own = self.own(ty, "answer");
                let own = own.map_or_else(String::new, |own| format!("\t\t{own}\n"));
                format!("func(view unsafe.Pointer) {{\n\t\tanswer = {read}\n{own}\t}}")
            }
        };
        let returned = match answer {
            Some(ty) => format!("(answer {}, err error)", go_type(ty)),
            None => "(err error)".to_owned(),
        };
        let end = if answer.is_some() { "answer, err" } else { "err" };
        let ask = if function.mode.is_async() { "foreign_call_await" } else { "foreign_call_ask" };
        lines.push(format!(
            "err = {ask}(func(caller C.uintptr_t) C.uint32_t {{\n\
             \t\treturn C.foreign_call_ask_{symbol}(caller, {arena}{passed})\n\t}}, {read})"
        ));
        lines.push(format!("return {end}"));
        let parameter = |it: &Argument| format!("{} {}", local(&it.name), go_type(&it.ty));
        let parameters: Vec<_> = function.arguments.iter().map(parameter).collect();
        let body: String = lines.iter().map(|line| format!("\t{line}\n")).collect();
        let mut docs = function.docs.clone();
        docs.extend((!docs.is_empty()).then(String::new));
        docs.push(format!("({}) Calls Rust.", function.mode.name()));
        self.types += &comment("", &docs);
        self.types +=
            &format!("func {symbol}({}) {returned} {{\n{body}}}\n\n", parameters.join(", "));
    }
}
