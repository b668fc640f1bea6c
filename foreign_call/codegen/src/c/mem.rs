//! The functions that are marked `#[mem]`: C receives their calls from a ring.

use std::fmt::Write;

use foreign_call_model::{Function, Trait, Type};

use super::{Header, prototype, view};

/// What a header has in addition if there are any.
pub(super) const RUNTIME: [&str; 2] = [
    include_str!("../../../include/foreign_call_ring.h"),
    include_str!("../../../include/foreign_call_mem.h"),
];

/// A view that has at most so many bytes goes in the message.
const INSIDE: usize = 8;

impl Header<'_> {
    /// The ring of a trait, if it needs one.
    pub(super) fn link(&mut self, it: &Trait) {
        if it.mem_functions().next().is_none() {
            return;
        }
        let link = link(it);
        let _ = write!(
            self.text,
            "/* The ring of what is marked `#[mem]`. */\n\
             extern foreign_call_link {link};\n\
             FOREIGN_CALL_ONCE foreign_call_link {link} = FOREIGN_CALL_LINK;\n\n\
             static inline uint32_t foreign_call_state_{}(uintptr_t handle) {{\n    \
             return {link}.rust->state(handle);\n}}\n\n",
            it.name
        );
    }

    /// What ends a call of such a function, whatever the answer's type.
    pub(super) fn reply(&mut self, it: &Trait, function: &Function) {
        let name = format!("{}_{}", it.name, function.name);
        let _ = write!(
            self.text,
            "static inline uint32_t\n\
             foreign_call_reply_{name}(uintptr_t handle, uint32_t status, const void *view) {{\n    \
             return foreign_call_mem_reply(\n        \
             &{}, {}, {}, handle, status, view,\n        \
             (foreign_call_kept){{NULL, NULL}});\n}}\n\n",
            link(it),
            number(it, function),
            self.answer_size(function)
        );
    }

    /// Answers by reference: true. Else the answer goes in the message, and as without the mark.
    pub(super) fn answers_by_reference(&mut self, it: &Trait, function: &Function) -> bool {
        let (Some(answer), size) = (&function.answer, self.answer_size(function)) else {
            return false;
        };
        if !function.mem || function.process || size <= INSIDE {
            return false;
        }
        let name = format!("{}_{}", it.name, function.name);
        let parameters = [
            format!("{name}_call call"),
            format!("const {} *answer", view(answer)),
            "void (*taken)(void *user_data)".to_owned(),
            "void *user_data".to_owned(),
        ];
        let head = prototype(&format!("static inline bool {name}_answer"), &parameters, " {");
        let _ = write!(
            self.text,
            "/* Answers `{name}`. Rust reads it later; then `taken` is called, unless it is null. True\n \
             * if Rust will. */\n\
             {head}\n    uint32_t refused = foreign_call_mem_reply(\n        \
             &{}, {}, {size}, call.call.handle,\n        FOREIGN_CALL_ANSWERED, answer, \
             (foreign_call_kept){{taken, user_data}});\n    \
             return refused == 0;\n}}\n\n",
            link(it),
            number(it, function),
        );
        true
    }

    /// What the serving thread runs, and what Rust has it started by.
    pub(super) fn serve(&mut self, it: &Trait) {
        let name = &it.name;
        let mut cases = String::new();
        for (number, function) in it.mem_functions().enumerate() {
            let case = self.case(it, function);
            let _ = write!(cases, "    case {number}: {{\n{case}        break;\n    }}\n");
            if function.answer.is_some() {
                let function = format!("{name}_{}", function.name);
                let _ = write!(
                    self.text,
                    "static const foreign_call_functions foreign_call_functions_{function} = {{\n    \
                     foreign_call_reply_{function}, foreign_call_state_{name}, NULL}};\n\n"
                );
            }
        }
        if cases.is_empty() {
            return;
        }
        let _ = write!(
            self.text,
            "/* Calls the function that a message is for. */\n\
             static inline void foreign_call_run_{name}(const uint64_t *message) {{\n    \
             switch (message[0]) {{\n{cases}    }}\n}}\n\n\
             extern int32_t foreign_call_serve_{name}(const foreign_call_mem_end *end);\n\
             FOREIGN_CALL_ONCE int32_t foreign_call_serve_{name}(const foreign_call_mem_end *end) {{\n    \
             return foreign_call_mem_start(&{}, end, foreign_call_run_{name});\n}}\n\n",
            link(it)
        );
    }

    fn case(&self, it: &Trait, function: &Function) -> String {
        let name = format!("{}_{}", it.name, function.name);
        let (mut text, mut passed) = (String::new(), Vec::new());
        for (at, argument) in function.arguments.iter().enumerate() {
            let ty = view(&argument.ty);
            let declared = match argument.ty.is_scalar() {
                true => format!("{ty} argument{at}"),
                false => format!("const {ty} *argument{at}"),
            };
            let _ = write!(
                text,
                "        {declared};\n        \
                 memcpy(&argument{at}, &message[{}], sizeof argument{at});\n",
                at + 2
            );
            passed.push(format!("argument{at}"));
        }
        if function.answer.is_some() {
            let _ = write!(
                text,
                "        {name}_call call = {{\n            \
                 {{(uintptr_t)message[1], &foreign_call_functions_{name}}}}};\n"
            );
            passed.push("call".to_owned());
        }
        let _ = writeln!(text, "        {name}({});", passed.join(", "));
        if function.answer.is_none() && function.lends() {
            let _ = writeln!(
                text,
                "        foreign_call_reply_{name}((uintptr_t)message[1], FOREIGN_CALL_ANSWERED, \"\");"
            );
        }
        text
    }

    fn answer_size(&self, function: &Function) -> usize {
        self.interface.layout(function.answer.as_ref().unwrap_or(&Type::Unit)).size
    }
}

fn link(it: &Trait) -> String {
    format!("foreign_call_link_{}", it.name)
}

fn number(it: &Trait, function: &Function) -> usize {
    let place = it.mem_functions().position(|other| other.name == function.name);
    place.expect("it is one of them")
}
