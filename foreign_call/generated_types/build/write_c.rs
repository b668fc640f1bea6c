//! The C that gives everything back.

use std::fmt::Write;

use crate::types::*;

const HEAD: &str = "/* Gives back what it is given. */
#include \"to_c.h\"

#include <stdlib.h>

/* The statuses mean the same in both directions, and so do the views. */
static inline void hand_on(
    foreign_call call, uint32_t status, const void *answer, const foreign_call_failure *failure) {
    call.rust->answer(call.handle, status, status == FOREIGN_CALL_ANSWERED ? answer : failure);
}

/* Of an async call: it lives until the answer. */
static inline foreign_call *keep(foreign_call call) {
    foreign_call *kept = malloc(sizeof *kept);
    if (kept == NULL) {
        abort();
    }
    *kept = call;
    return kept;
}
";

pub(crate) fn file(interface: &Interface) -> String {
    let mut text = HEAD.to_owned();
    for function in &interface.functions {
        text += &echo(function);
    }
    text
}

fn echo(function: &Function) -> String {
    let name = format!("ToC_{}", function.name);
    let answer = function.answer();
    let mut parameters = String::new();
    for (at, argument) in function.arguments.iter().enumerate() {
        let star = if argument.ty.is_scalar() { "" } else { "*" };
        let lent = if argument.ty.is_scalar() { "" } else { "const " };
        let _ = write!(parameters, "{lent}{} {star}a{at}, ", view(&argument.ty));
    }
    let passed = || (0..function.arguments.len()).map(|at| format!("a{at}"));
    let mut body = String::new();
    let value = match (&answer, function.arguments.len()) {
        (Type::Unit, _) => {
            if !function.is_through() {
                body += "    (void)a0;\n";
            }
            String::new()
        }
        (_, 1) => ", a0".to_owned(),
        _ => {
            let value = |argument: &Argument| if argument.ty.is_scalar() { "" } else { "*" };
            let stars = function.arguments.iter().map(value);
            let values: Vec<_> =
                stars.zip(passed()).map(|(star, it)| star.to_owned() + &it).collect();
            if !function.is_through() {
                let view = view(&answer);
                let _ = writeln!(body, "    {view} all = {{{}}};", values.join(", "));
            }
            ", &all".to_owned()
        }
    };
    let passed: String = passed().map(|it| it + ", ").collect();
    let (call, clean) = match function.mode {
        Mode::Through => ("&call.call", ""),
        _ => ("keep(call.call)", "\n    free(call);"),
    };
    let mut text = String::new();
    match function.mode {
        Mode::Stream => {
            let _ = writeln!(body, "    {name}_send(call{value});\n    {name}_send(call{value});");
            let _ = writeln!(body, "    {name}_end(call);");
        }
        Mode::Through | Mode::ThroughAsync => {
            let _ = write!(
                text,
                "\nstatic void {name}_told(\n    void *call, uint32_t status, const {} *answer,\n    \
                 const foreign_call_failure *failure) {{\n    \
                 hand_on(*(const foreign_call *)call, status, answer, failure);{clean}\n}}\n",
                view(&answer)
            );
            let _ = writeln!(body, "    FromC_{}({passed}{name}_told, {call});", function.name);
        }
        _ => {
            let _ = writeln!(body, "    {name}_answer(call{value});");
        }
    }
    let _ = write!(text, "\nvoid {name}({parameters}{name}_call call) {{\n{body}}}\n");
    text
}

/// A view, as the header calls it.
fn view(ty: &Type) -> String {
    match ty {
        Type::Scalar("bool") => "bool".to_owned(),
        Type::Scalar("char") => "uint32_t".to_owned(),
        Type::Scalar("f32") => "float".to_owned(),
        Type::Scalar("f64") => "double".to_owned(),
        Type::Scalar("usize") => "uintptr_t".to_owned(),
        Type::Scalar("isize") => "intptr_t".to_owned(),
        Type::Scalar(unsigned) if unsigned.starts_with('u') => format!("uint{}_t", &unsigned[1..]),
        Type::Scalar(signed) => format!("int{}_t", &signed[1..]),
        Type::Unit => "uint8_t".to_owned(),
        Type::String => "StringRef".to_owned(),
        Type::Named(name) => format!("{name}Ref"),
        other => {
            let name = name(other);
            let (container, parts) = name.split_once('_').expect("it has parts");
            format!("{container}Ref_{parts}")
        }
    }
}

/// A type in the name of another's view.
fn name(ty: &Type) -> String {
    match ty {
        Type::Scalar(name) => (*name).to_owned(),
        Type::Unit => "unit".to_owned(),
        Type::String => "String".to_owned(),
        Type::Named(name) => name.clone(),
        Type::List(part) => format!("List_{}", name(part)),
        Type::Option(part) => format!("Option_{}", name(part)),
        Type::Result(ok, err) => format!("Result_{}_{}", name(ok), name(err)),
        Type::Tuple(parts) => {
            parts.iter().fold(format!("Tuple_{}", parts.len()), |all, part| all + "_" + &name(part))
        }
        Type::Array(part, length) => format!("Array_{length}_{}", name(part)),
        Type::Map(_, key, value) => format!("List_Tuple_2_{}_{}", name(key), name(value)),
    }
}
