//! Writes the part of a C header that calls what Rust offers.

use std::fmt::Write;

use foreign_call_model::{Function, Interface, Mode, Trait, Type};

use crate::c::{comment, member, prototype, view};

/// In every header that has such a part.
pub(crate) const RUNTIME: &str = include_str!("../../include/foreign_call_offers.h");

/// A trait: for each function the type of its answer, Rust's function, and one that C calls.
pub(crate) fn offer(interface: &Interface, it: &Trait) -> String {
    let (name, number) = (&it.name, interface.offer_shape(it));
    let mut text = format!(
        "/* Passed with each call. Rust compares it with its own. */\n\
         #define {name}_interface UINT64_C(0x{number:016x})\n\n"
    );
    let mut calls = String::new();
    for function in &it.functions {
        let name = format!("{}_{}", it.name, function.name);
        let answer = match &function.answer {
            Some(answer) => {
                text.push_str(&answer_type(&name, answer));
                format!("{name}_answer")
            }
            None => "foreign_call_told".to_owned(),
        };
        text.push_str(&exported(&name, &answer, function));
        calls.push_str(&called(&it.name, &answer, function));
    }
    let mut docs = it.docs.clone();
    docs.extend((!docs.is_empty()).then(String::new));
    docs.push("To be called:".to_owned());
    let docs = comment("", &docs);
    format!("{text}#ifndef FOREIGN_CALL_TYPES_ONLY\n{docs}\n{calls}#endif\n\n")
}

fn answer_type(name: &str, answer: &Type) -> String {
    let parameters = [
        "void *user_data".to_owned(),
        "uint32_t status".to_owned(),
        format!("const {} *answer", view(answer)),
        "const foreign_call_failure *failure".to_owned(),
    ];
    prototype(&format!("typedef void (*{name}_answer)"), &parameters, ";\n")
}

/// Rust's function.
fn exported(name: &str, answer: &str, function: &Function) -> String {
    let mut parameters = vec![
        "uint64_t interface_number".to_owned(),
        format!("{answer} answer"),
        "void *user_data".to_owned(),
    ];
    for argument in &function.arguments {
        let name = parameter(&argument.name);
        parameters.push(match &argument.ty {
            // A byte that Rust checks: another than 0 or 1 would be undefined as a bool.
            Type::Scalar("bool") => format!("uint8_t {name}"),
            ty if ty.is_scalar() => format!("{} {name}", view(ty)),
            ty => format!("const {} *{name}", view(ty)),
        });
    }
    prototype(&format!("uint32_t {name}_rust"), &parameters, ";\n\n")
}

/// The function that C calls: it adds the interface's number.
fn called(of: &str, answer: &str, function: &Function) -> String {
    let name = format!("{of}_{}", function.name);
    let mut parameters = Vec::new();
    let mut passed = vec![format!("{of}_interface")];
    passed.push(match function.mode {
        Mode::OneWay => "NULL, NULL".to_owned(),
        _ => "answer, user_data".to_owned(),
    });
    for argument in &function.arguments {
        let name = parameter(&argument.name);
        let (ty, star) = (view(&argument.ty), if argument.ty.is_scalar() { "" } else { "*" });
        let lent = if argument.ty.is_scalar() { "" } else { "const " };
        parameters.push(format!("{lent}{ty} {star}{name}"));
        passed.push(name);
    }
    if function.mode != Mode::OneWay {
        parameters.extend([format!("{answer} answer"), "void *user_data".to_owned()]);
    }
    if parameters.is_empty() {
        parameters.push("void".to_owned());
    }
    let mut docs = function.docs.clone();
    docs.extend((!docs.is_empty()).then(String::new));
    docs.push(format!("({}) True if the call was made.", function.mode.name()));
    let mut text = comment("", &docs);
    let head = prototype(&format!("static inline bool {name}"), &parameters, " {");
    let call = prototype(&format!("    return {name}_rust"), &passed, " == 0;");
    let _ = writeln!(text, "{head}\n{}\n}}\n", call.replace("\n    ", "\n        "));
    text
}

/// An argument's name that none of ours meets.
pub(crate) fn parameter(name: &str) -> String {
    match name {
        "answer" | "user_data" | "interface_number" => format!("{name}_"),
        name => member(name),
    }
}
