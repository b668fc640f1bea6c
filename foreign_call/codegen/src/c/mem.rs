//! The functions that are marked `#[mem]`: C receives their calls from a ring.

use std::fmt::Write;

use foreign_call_model::{Function, Mode, Trait, Type};

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
        if it.mem_functions().any(|function| function.mode == Mode::Stream) {
            let _ = write!(
                self.text,
                "static inline uint32_t\n\
                 foreign_call_wait_for_room_{}(uintptr_t handle, uint32_t milliseconds) {{\n    \
                 return {link}.rust->wait_for_room(handle, milliseconds);\n}}\n\n",
                it.name
            );
        }
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
        if !function.mem || function.process || function.mode == Mode::Stream || size <= INSIDE {
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

    /// Sends an item: in the message, or by reference.
    pub(super) fn sends(
        &mut self,
        it: &Trait,
        function: &Function,
        item: Option<String>,
        pointer: &str,
    ) {
        let (name, size) = (format!("{}_{}", it.name, function.name), self.answer_size(function));
        let mut parameters = vec![format!("{name}_call call")];
        parameters.extend(item);
        let (docs, kept) = match size <= INSIDE {
            true => (String::new(), "NULL, NULL"),
            false => {
                let taken = ["void (*taken)(void *user_data)", "void *user_data"];
                parameters.extend(taken.map(str::to_owned));
                let docs = " Rust reads it later; then `taken` is called, unless it is\n \
                            * null: at once if the stream has ended, and not if there is no room.";
                (docs.to_owned(), "taken, user_data")
            }
        };
        let head =
            prototype(&format!("static inline foreign_call_sent {name}_send"), &parameters, " {");
        let _ = write!(
            self.text,
            "/* Sends an item of `{name}`.{docs} */\n\
             {head}\n    return foreign_call_mem_item(\n        \
             &{}, {}, {size}, call.call.handle,\n        call.room, {pointer}, \
             (foreign_call_kept){{{kept}}});\n}}\n\n",
            link(it),
            number(it, function),
        );
    }

    /// What the serving thread runs, and what Rust has it started by.
    pub(super) fn serve(&mut self, it: &Trait) {
        let name = &it.name;
        let mut cases = String::new();
        for (number, function) in it.mem_functions().enumerate() {
            let case = self.case(it, function);
            let _ = write!(cases, "    case {number}: {{\n{case}        break;\n    }}\n");
            if function.answer.is_some() {
                let room = match function.mode {
                    Mode::Stream => format!("\n    foreign_call_wait_for_room_{name}"),
                    _ => " NULL".to_owned(),
                };
                let function = format!("{name}_{}", function.name);
                let _ = write!(
                    self.text,
                    "static const foreign_call_functions foreign_call_functions_{function} = {{\n    \
                     foreign_call_reply_{function}, foreign_call_state_{name},{room}}};\n\n"
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
                at + function.words_before_arguments()
            );
            passed.push(format!("argument{at}"));
        }
        let is_stream = function.mode == Mode::Stream;
        if function.answer.is_some() {
            let room = match is_stream {
                true => ",\n            (_Atomic(uint64_t) *)(uintptr_t)message[3]",
                false => "",
            };
            let _ = write!(
                text,
                "        {name}_call call = {{\n            \
                 {{(uintptr_t)message[1], &foreign_call_functions_{name}}}{room}}};\n"
            );
            passed.push("call".to_owned());
        }
        let _ = writeln!(text, "        {name}({});", passed.join(", "));
        if is_stream && function.lends() {
            let (link, number) = (link(it), number(it, function));
            let _ = write!(
                text,
                "        foreign_call_mem_reply(\n            \
                 &{link}, {number}, 1, (uintptr_t)message[2], FOREIGN_CALL_ANSWERED,\n            \
                 \"\", (foreign_call_kept){{NULL, NULL}});\n"
            );
        } else if function.answer.is_none() && function.lends() {
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
