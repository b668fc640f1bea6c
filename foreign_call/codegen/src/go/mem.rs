//! The functions that are marked `#[mem]`: Go receives their calls from a ring.

use foreign_call_model::{Function, Mode, Trait, Type};

use super::File;
use super::calls::{parameters, types};

/// A view that has at most so many bytes goes in the message.
const INSIDE: usize = 8;

impl File<'_> {
    /// The ring of a trait, if it needs one: what runs a message, and what Rust has it served by.
    pub(super) fn link(&mut self, it: &Trait) {
        if it.mem_functions().next().is_none() {
            return;
        }
        let name = &it.name;
        let (mut cases, mut inside, mut one_way) = (String::new(), Vec::new(), Vec::new());
        for (number, function) in it.mem_functions().enumerate() {
            self.message_words = self.message_words.max(function.message_words());
            let size = self.interface.layout(function.answer.as_ref().unwrap_or(&Type::Unit)).size;
            inside.push((size <= INSIDE).to_string());
            one_way.push(function.answer.is_none().to_string());
            let passed: Vec<_> = passed(function);
            let passed = passed.join(", ");
            let symbol = format!("{name}_{}", function.name);
            cases += &match function.answer {
                None => format!("\tcase {number}:\n\t\t{symbol}({passed})\n"),
                Some(_) => {
                    format!("\tcase {number}:\n\t\treturn foreign_call_run_{symbol}({passed})\n")
                }
            };
        }
        let (inside, one_way) = (inside.join(", "), one_way.join(", "));
        self.calls += &format!(
            "func foreign_call_over_{name}(link *foreign_call_link, arena *foreign_call_arena, \
             message *foreign_call_message) C.uint32_t {{\n\tswitch message[0] {{\n{cases}\t}}\n\
             \treturn foreign_call_given_up\n}}\n\n\
             var foreign_call_link_{name} = foreign_call_link{{\n\
             \trun:     foreign_call_over_{name},\n\
             \tinside:  []bool{{{inside}}},\n\
             \tone_way: []bool{{{one_way}}},\n}}\n\n\
             //export foreign_call_serve_{name}\n\
             func foreign_call_serve_{name}(end unsafe.Pointer) C.int32_t {{\n\
             \treturn foreign_call_link_{name}.serve((*foreign_call_mem_end)(end))\n}}\n\n"
        );
    }

    /// What runs one of them that has an answer. The message's words are its arguments.
    pub(super) fn over_ring(&mut self, it: &Trait, function: &Function) {
        let mut own = vec!["arena *foreign_call_arena".to_owned()];
        own.extend(function.cancel.then(|| "call *C.foreign_call".to_owned()));
        let body = self.body(it, function, "\t");
        self.calls += &format!(
            "func foreign_call_run_{}_{}({}) (status C.uint32_t) {{\n{body}}}\n\n",
            it.name,
            function.name,
            [own, parameters(function)].concat().join(", ")
        );
    }
}

/// Arguments, from a message.
fn passed(function: &Function) -> Vec<String> {
    let mut passed = Vec::new();
    if function.mode == Mode::Stream {
        passed.extend(["link", "arena", "message"].map(str::to_owned));
    } else {
        passed.extend(function.answer.is_some().then(|| "arena".to_owned()));
    }
    passed.extend(function.cancel.then(|| "link.call(message)".to_owned()));
    let before = function.words_before_arguments();
    for (at, argument) in function.arguments.iter().enumerate() {
        let (_, go) = types(argument);
        passed.push(format!("*(*{go})(unsafe.Pointer(&message[{}]))", at + before));
    }
    passed
}
