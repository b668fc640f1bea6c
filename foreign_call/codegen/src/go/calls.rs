//! Traits in Go: an interface to implement, and what Rust calls.
//!
//! A sync call goes through C: Go writes the answer on C's stack and returns, and C answers. So it
//! takes one transition, where an answer from Go would take a second one.

use foreign_call_model::{Argument, Function, Mode, Outcome, Trait, Type};
use syn::Result;

use super::File;
use super::names::{comment, go_type, member};
use super::read::Place;
use crate::c;
use crate::names::apart;

impl File<'_> {
    pub(super) fn calls(&mut self, it: &Trait) -> Result<()> {
        let (name, span) = (&it.name, it.span);
        self.names.claim(name, &format!("the trait `{name}`"), span)?;
        self.names.claim(&format!("{name}Impl"), &format!("the trait `{name}`"), span)?;
        let methods = it.functions.iter().map(|function| (&function.name, function.span));
        apart("Go", methods, member)?;
        self.interface_constant(it);
        let mut methods = String::new();
        for function in &it.functions {
            self.used(function)?;
            let symbol = format!("{name}_{}", function.name);
            let by = format!("`{}` of `{name}`", function.name);
            self.names.claim(&symbol, &by, function.span)?;
            let mut docs = function.docs.clone();
            docs.extend((!docs.is_empty()).then(String::new));
            let way = if function.mem { ", over the ring" } else { "" };
            docs.push(format!("({}{way})", function.mode.name()));
            let separate = if methods.is_empty() { "" } else { "\n" };
            methods += separate;
            methods += &comment("\t", &docs);
            methods += &format!("\t{}\n", signature(function));
            match function.mode {
                Mode::OneWay => self.one_way(it, function),
                Mode::Sync => self.sync(it, function),
                Mode::Async | Mode::DropSafe | Mode::DropSafeRet if function.mem => {
                    self.over_ring(it, function);
                }
                Mode::Async | Mode::DropSafe | Mode::DropSafeRet => self.later(it, function),
                Mode::Stream => self.stream(it, function),
            }
        }
        self.link(it);
        let docs = comment("", &it.docs);
        self.types += &format!(
            "{docs}type {name} interface {{\n{methods}}}\n\n\
             // {name}Impl answers the calls of {name}. Set it in an init function.\n\
             var {name}Impl {name}\n\n"
        );
        Ok(())
    }

    /// What Rust looks at before each call, and how it tells of a dropped one.
    fn interface_constant(&mut self, it: &Trait) {
        let (name, number) = (&it.name, self.interface.trait_shape(it));
        let told = it.functions.iter().any(|it| it.cancel || it.mode == Mode::Stream);
        let notify = if told { "foreign_call_go_notify" } else { "NULL" };
        self.c += &format!(
            "extern const foreign_call_interface {name}_interface;\n\
             FOREIGN_CALL_ONCE const foreign_call_interface {name}_interface = {{\n    \
             UINT64_C(0x{number:016x}), {notify}}};\n\n"
        );
    }

    /// Declares the containers that a function uses.
    pub(super) fn used(&mut self, function: &Function) -> Result<()> {
        for argument in &function.arguments {
            self.need(&argument.ty, argument.span)?;
        }
        function.answer.iter().try_for_each(|answer| self.need(answer, function.answer_span))
    }

    fn one_way(&mut self, it: &Trait, function: &Function) {
        let symbol = format!("{}_{}", it.name, function.name);
        let parameters = parameters(function).join(", ");
        let call = self.user_call(it, function);
        // A message runs it without C.
        let export = if function.mem { String::new() } else { format!("//export {symbol}\n") };
        self.calls += &format!(
            "{export}func {symbol}({parameters}) {{\n\
             \tdefer foreign_call_recover_one_way(\"{symbol}\")\n\
             \tif {name}Impl == nil {{\n\t\tpanic(foreign_call_nobody(\"{name}\"))\n\t}}\n\
             \t{call}\n}}\n\n",
            name = it.name
        );
    }

    fn sync(&mut self, it: &Trait, function: &Function) {
        let symbol = format!("{}_{}", it.name, function.name);
        let body = self.body(it, function, "\t");
        let go = [parameters(function), vec!["arena_at unsafe.Pointer".to_owned()]].concat();
        self.calls += &format!(
            "//export foreign_call_go_{symbol}\n\
             func foreign_call_go_{symbol}({}) (status C.uint32_t) {{\n\
             \tarena := (*foreign_call_arena)(arena_at)\n{body}}}\n\n",
            go.join(", ")
        );
        let (mut outer, mut inner, mut passed) = (Vec::new(), Vec::new(), Vec::new());
        for argument in &function.arguments {
            let (c, _) = types(argument);
            let name = format!("arg_{}", argument.name);
            outer.push(format!("{c} {name}"));
            // Go knows neither `const` nor C's `bool`.
            match c.as_str() {
                "const void *" => {
                    inner.push("void *".to_owned());
                    passed.push(format!("(void *){name}"));
                    continue;
                }
                "bool" => inner.push("uint8_t".to_owned()),
                _ => inner.push(c),
            }
            passed.push(name);
        }
        outer.push("foreign_call call".to_owned());
        inner.push("void *".to_owned());
        passed.push("&arena".to_owned());
        self.c += &format!(
            "extern uint32_t foreign_call_go_{symbol}({});\n\
             FOREIGN_CALL_GO void {symbol}({}) {{\n    foreign_call_arena arena;\n    \
             foreign_call_open(&arena);\n    \
             uint32_t status = foreign_call_go_{symbol}({});\n    \
             foreign_call_answer(call, status, &arena);\n}}\n\n",
            inner.join(", "),
            outer.join(", "),
            passed.join(", ")
        );
    }

    /// C pushes the call, with its arguments as words, and a goroutine runs it.
    fn later(&mut self, it: &Trait, function: &Function) {
        let symbol = format!("{}_{}", it.name, function.name);
        let body = self.body(it, function, "\t");
        let mut own = vec!["arena *foreign_call_arena".to_owned()];
        let (mut outer, mut words, mut passed) = (Vec::new(), String::new(), String::new());
        if function.cancel {
            own.push("call *C.foreign_call".to_owned());
            passed += ", &record.call";
        }
        self.calls += &format!(
            "func foreign_call_run_{symbol}({}) (status C.uint32_t) {{\n{body}}}\n\n",
            [own, parameters(function)].concat().join(", ")
        );
        for (at, argument) in function.arguments.iter().enumerate() {
            let (c, go) = types(argument);
            let name = format!("arg_{}", argument.name);
            outer.push(format!("{c} {name}"));
            words += &format!("    memcpy(&record.words[{at}], &{name}, sizeof {name});\n");
            passed += &format!(", *(*{go})(unsafe.Pointer(&record.words[{at}]))");
        }
        outer.push("foreign_call call".to_owned());
        let number = self.later;
        self.later += 1;
        self.words = self.words.max(function.arguments.len());
        self.c += &format!(
            "FOREIGN_CALL_GO void {symbol}({}) {{\n    foreign_call_record record;\n    \
             record.call = call;\n    record.function = {number};\n{words}    \
             foreign_call_later(&record);\n}}\n\n",
            outer.join(", ")
        );
        self.dispatch +=
            &format!("\tcase {number}:\n\t\treturn foreign_call_run_{symbol}(arena{passed})\n");
    }

    /// Calls the user's function and writes its answer to `arena`.
    pub(super) fn body(&mut self, it: &Trait, function: &Function, indent: &str) -> String {
        let call = self.user_call(it, function);
        let ty = function.answer.clone().unwrap_or(Type::Unit);
        let size = self.interface.layout(&ty).size;
        let place = Place::Raw(format!("arena.answer({size})"));
        let write = self.write(&ty, &place, &Place::at("answer"));
        let call = match (function.outcome, &ty) {
            (Outcome::CallError, Type::Unit) => format!("err := {call}"),
            (Outcome::CallError, _) => format!("answer, err := {call}"),
            (_, Type::Unit) => call,
            _ => format!("answer := {call}"),
        };
        let mut lines = vec![
            "status = foreign_call_given_up".to_owned(),
            "defer foreign_call_recover(arena, &status)".to_owned(),
            format!("if {}Impl == nil {{", it.name),
            format!(
                "\treturn arena.fail(foreign_call_no_impl, foreign_call_nobody(\"{}\"))",
                it.name
            ),
            "}".to_owned(),
        ];
        if function.cancel {
            lines.push("ctx := foreign_call_begin(call, nil)".to_owned());
            lines.push("defer foreign_call_end(call, false)".to_owned());
        }
        lines.push(call);
        if function.outcome == Outcome::CallError {
            let fail = "\treturn arena.fail_with(err)".to_owned();
            lines.extend(["if err != nil {".to_owned(), fail, "}".to_owned()]);
        }
        lines.extend([write, "return foreign_call_answered".to_owned()]);
        lines.iter().map(|line| format!("{indent}{line}\n")).collect()
    }

    fn user_call(&mut self, it: &Trait, function: &Function) -> String {
        let mut values: Vec<_> = function.arguments.iter().map(|it| self.argument(it)).collect();
        if function.cancel {
            values.insert(0, "ctx".to_owned());
        }
        format!("{}Impl.{}({})", it.name, member(&function.name), values.join(", "))
    }

    /// The value of an argument, from what came from Rust.
    pub(super) fn argument(&mut self, argument: &Argument) -> String {
        let name = format!("arg_{}", argument.name);
        match &argument.ty {
            Type::Scalar("bool") => format!("{name} != 0"),
            ty @ Type::Scalar(_) => format!("{}({name})", go_type(ty)),
            ty => self.read(ty, &Place::Raw(name)),
        }
    }
}

/// The type of an argument in C, and in a Go function that C calls.
pub(super) fn types(argument: &Argument) -> (String, String) {
    match &argument.ty {
        Type::Scalar("bool") => ("bool".to_owned(), "C.uint8_t".to_owned()),
        ty @ Type::Scalar(_) => (c::view(ty), format!("C.{}", c::view(ty))),
        _ => ("const void *".to_owned(), "unsafe.Pointer".to_owned()),
    }
}

/// Of a Go function that C calls.
pub(super) fn parameters(function: &Function) -> Vec<String> {
    let parameter = |argument: &Argument| format!("arg_{} {}", argument.name, types(argument).1);
    function.arguments.iter().map(parameter).collect()
}

/// Of the user's method.
fn signature(function: &Function) -> String {
    let mut given = Vec::new();
    if function.cancel || function.mode == Mode::Stream {
        given.push(("ctx".to_owned(), "context.Context".to_owned()));
    }
    if function.mode == Mode::Stream {
        let item = go_type(function.answer.as_ref().unwrap_or(&Type::Unit));
        given.push(("send".to_owned(), format!("func(item {item}) error")));
    }
    for argument in &function.arguments {
        let mut name = member(&argument.name);
        while given.iter().any(|(other, _)| *other == name) {
            name.push('_');
        }
        given.push((name, go_type(&argument.ty)));
    }
    let parameters: Vec<_> = given.iter().map(|(name, ty)| format!("{name} {ty}")).collect();
    let answer = function.answer.as_ref().filter(|answer| **answer != Type::Unit).map(go_type);
    let answer = answer.filter(|_| function.mode != Mode::Stream); // its items are sent
    let returned = match (answer, function.outcome) {
        (None, Outcome::CallError) => " error".to_owned(),
        (Some(answer), Outcome::CallError) => format!(" ({answer}, error)"),
        (None, _) => String::new(),
        (Some(answer), _) => format!(" {answer}"),
    };
    format!("{}({}){returned}", member(&function.name), parameters.join(", "))
}
