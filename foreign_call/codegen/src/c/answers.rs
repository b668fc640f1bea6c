//! What C answers with.

use std::fmt::Write;

use foreign_call_model::{Function, Mode, Trait, Type};

use super::{Header, prototype, view};

impl Header<'_> {
    /// The type of a function's calls, and what answers one: once, or item by item.
    pub(super) fn answer(&mut self, it: &Trait, function: &Function) {
        let name = format!("{}_{}", it.name, function.name);
        if function.mem && !function.process && (function.answer.is_some() || function.lends()) {
            self.reply(it, function);
        }
        let Some(answer) = &function.answer else { return };
        let is_stream = function.mode == Mode::Stream;
        let room = match is_stream && function.mem {
            true => "    _Atomic(uint64_t) *room; /* Rust's, and never freed */\n",
            false => "",
        };
        let _ = write!(
            self.text,
            "typedef struct {name}_call {{\n    foreign_call call;\n{room}}} {name}_call;\n\n"
        );
        if self.answers_by_reference(it, function) {
            return;
        }
        let value = if is_stream { "item" } else { "answer" };
        let view = view(answer);
        let (parameter, pointer) = match answer {
            Type::Scalar(_) => (Some(format!("{view} {value}")), format!("&{value}")),
            Type::Unit => (None, "\"\"".to_owned()),
            _ => (Some(format!("const {view} *{value}")), value.to_owned()),
        };
        let to_rust = |status: &str, view: &str| {
            format!("call.call.rust->answer(call.call.handle, FOREIGN_CALL_{status}, {view})")
        };
        if is_stream {
            if function.mem {
                self.sends(it, function, parameter, &pointer);
            } else {
                self.text.push_str(&format!("/* Sends an item of `{name}`. */\n"));
                let sent = format!("(foreign_call_sent){}", to_rust("ITEM", &pointer));
                self.hands_over(&name, "foreign_call_sent", "send", parameter, &sent);
            }
            let how = if function.mem { "Rust will read it" } else { "it was open" };
            self.text.push_str(&format!("/* Ends `{name}`. True if {how}. */\n"));
            self.hands_over(&name, "bool", "end", None, &(to_rust("END", "NULL") + " == 0"));
        } else {
            self.text.push_str(&format!("/* Answers `{name}`. True if taken. */\n"));
            let taken = to_rust("ANSWERED", &pointer) + " == 0";
            self.hands_over(&name, "bool", "answer", parameter, &taken);
        }
    }

    /// A function that hands something to Rust.
    fn hands_over(
        &mut self,
        name: &str,
        ty: &str,
        does: &str,
        value: Option<String>,
        result: &str,
    ) {
        let parameters = [Some(format!("{name}_call call")), value];
        let parameters: Vec<_> = parameters.into_iter().flatten().collect();
        let head = prototype(&format!("static inline {ty} {name}_{does}"), &parameters, " {");
        let _ = write!(self.text, "{head}\n    return {result};\n}}\n\n");
    }
}
