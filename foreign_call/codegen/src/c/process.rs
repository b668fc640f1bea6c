//! Traits whose functions run in a process of their own, and are called from another one.

use std::fmt::Write;

use foreign_call_model::{Field, Function, Kind, Trait, Type};

use super::{Header, member, view};

const ACCEPT: &str = include_str!("../../../include/foreign_call_ring_accept.h");
const PACKED: &str = include_str!("../../../include/foreign_call_packed.h");
const PROCESS: &str = include_str!("../../../include/foreign_call_process.h");

/// What a header has in addition to the ring, if there are any: all of it is in the one file.
pub(super) fn runtime() -> [String; 3] {
    let accept = ACCEPT.replace("#include \"foreign_call_ring.h\"\n\n", "");
    [accept, PACKED.to_owned(), PROCESS.to_owned()]
}

impl Header<'_> {
    /// What C has to implement, and what serves it.
    pub(super) fn process(&mut self, it: &Trait) {
        let name = &it.name;
        let types = it.functions.iter().flat_map(|function| {
            let arguments = function.arguments.iter().map(|argument| &argument.ty);
            arguments.chain(&function.answer)
        });
        types.for_each(|ty| drop(self.form(ty)));
        let _ = write!(
            self.text,
            "/* The end of `{name}`, which another process calls. */\n\
             extern foreign_call_process foreign_call_process_{name};\n\
             FOREIGN_CALL_ONCE foreign_call_process foreign_call_process_{name} = \
             FOREIGN_CALL_PROCESS;\n\n\
             /* So many messages were refused: no call, or with an argument that is none. */\n\
             static inline uint64_t {name}_refused_calls(void) {{\n    \
             return atomic_load_explicit(\n        \
             &foreign_call_process_{name}.refused, memory_order_relaxed);\n}}\n\n\
             static inline uint32_t foreign_call_state_{name}(uintptr_t handle) {{\n    \
             return foreign_call_process_state(&foreign_call_process_{name}, handle);\n}}\n\n"
        );
        for function in &it.functions {
            self.answer(it, function);
            self.reply_to_process(it, function);
        }
        self.declare_functions(it, Header::serve_process);
    }

    fn reply_to_process(&mut self, it: &Trait, function: &Function) {
        let Some(answer) = &function.answer else { return };
        let (form, name) = (self.form(answer), format!("{}_{}", it.name, function.name));
        let _ = write!(
            self.text,
            "static inline uint32_t\n\
             foreign_call_reply_{name}(uintptr_t handle, uint32_t status, const void *view) {{\n    \
             return foreign_call_process_reply(\n        \
             &foreign_call_process_{}, handle, status, &{form}, view);\n}}\n\n\
             static const foreign_call_functions foreign_call_functions_{name} = {{\n    \
             foreign_call_reply_{name}, foreign_call_state_{}, NULL}};\n\n",
            it.name, it.name
        );
    }

    fn serve_process(&mut self, it: &Trait) {
        let (name, number) = (&it.name, self.interface.trait_shape(it));
        let mut cases = String::new();
        for (number, function) in it.functions.iter().enumerate() {
            let case = self.process_case(it, function);
            let _ = write!(cases, "    case {number}: {{\n{case}        return true;\n    }}\n");
        }
        let _ = write!(
            self.text,
            "/* Calls the function that a message is for; false, if it is for none. */\n\
             static inline bool foreign_call_run_{name}(\n    \
             foreign_call_process *process, uint64_t function, foreign_call_block *message) {{\n    \
             (void)process;\n    \
             switch (function) {{\n{cases}    default:\n        return false;\n    }}\n}}\n\n\
             /* Serves the process at the other end of `socket`, a Unix socket, once it connects:\n \
             * runs the functions above, on this thread, until nobody calls any more. The ring's\n \
             * memory may have `most_bytes` at most; the receive timeout of `socket` holds for the\n \
             * beginning. The socket is used for this only, and stays the caller's.\n *\n \
             * FOREIGN_CALL_RING_CLOSED if the other process let go of this one,\n \
             * FOREIGN_CALL_RING_GONE if it has ended, else what went wrong: the others, and\n \
             * FOREIGN_CALL_OTHER_INTERFACE, _BUSY, _NO_MEMORY. Afterwards it may be called again. */\n\
             static inline int {name}_serve(int socket, size_t most_bytes) {{\n    \
             return foreign_call_process_serve(\n        \
             &foreign_call_process_{name}, socket, most_bytes, UINT64_C(0x{number:016x}),\n        \
             foreign_call_run_{name});\n}}\n\n"
        );
    }

    fn process_case(&mut self, it: &Trait, function: &Function) -> String {
        let name = format!("{}_{}", it.name, function.name);
        let (mut text, mut passed) = (String::new(), Vec::new());
        let answers = function.answer.is_some();
        if answers {
            let _ = write!(
                text,
                "        {name}_call call = {{{{0, &foreign_call_functions_{name}}}}};\n        \
                 foreign_call_block block;\n        \
                 if (!foreign_call_process_open(process, message, &call.call.handle, &block)) {{\n\
                 \x20           return false;\n        }}\n"
            );
        }
        let block = if answers { "&block" } else { "message" };
        for (at, argument) in function.arguments.iter().enumerate() {
            let (ty, form) = (view(&argument.ty), self.form(&argument.ty));
            let _ = writeln!(
                text,
                "        const {ty} *argument{at} = foreign_call_argument(&{form}, {block});"
            );
            let by_value = if argument.ty.is_scalar() { "*" } else { "" };
            passed.push(format!("{by_value}argument{at}"));
        }
        if !function.arguments.is_empty() {
            let (broken, refuse) = match answers {
                true => (
                    "block.broken",
                    "            foreign_call_fail(\n                call.call, \
                     FOREIGN_CALL_INVALID, \"an argument is not valid\");\n",
                ),
                false => ("message->broken", ""),
            };
            let _ = write!(
                text,
                "        if ({broken}) {{\n{refuse}            return false;\n        }}\n"
            );
        }
        passed.extend(answers.then(|| "call".to_owned()));
        let _ = writeln!(text, "        {name}({});", passed.join(", "));
        text
    }

    /// The name of what describes a view, which is written after those of its parts, unless it is
    /// there.
    fn form(&mut self, ty: &Type) -> String {
        let size = self.interface.layout(ty).size;
        let name = match ty {
            Type::Scalar("bool" | "char") => format!("foreign_call_form_{}", super::name(ty)),
            Type::Scalar(_) | Type::Unit => return format!("foreign_call_form_{size}"),
            _ => format!("foreign_call_form_{}", view(ty)),
        };
        if matches!(ty, Type::Scalar(_) | Type::String) || !self.forms.insert(name.clone()) {
            return name;
        }
        let view = view(ty);
        let (kind, tag_size, parts) = match ty {
            Type::List(part) => ("LIST", 0, vec![self.part("0".into(), part)]),
            Type::Map(key, value) => {
                let pair = Type::Tuple(vec![(**key).clone(), (**value).clone()]);
                ("LIST", 0, vec![self.part("0".into(), &pair)])
            }
            Type::Array(part, length) => {
                let part = self.part("0".into(), part);
                self.write_form(&name, &view, "REPEATED", *length, 0, &[part]);
                return name;
            }
            Type::Option(part) => {
                let part = self.part(format!("offsetof({view}, some)"), part);
                ("ONE_OF", 1, vec![NOTHING.to_owned(), part])
            }
            Type::Result(ok, err) => {
                let place = format!("offsetof({view}, value)");
                let parts = [err, ok].map(|part| self.part(place.clone(), part));
                ("ONE_OF", 1, parts.to_vec())
            }
            Type::Tuple(parts) => {
                let place = |(at, part)| (format!("offsetof({view}, f{at})"), part);
                let parts: Vec<_> = parts.iter().enumerate().map(place).collect();
                ("ALL", 0, parts.into_iter().map(|(place, part)| self.part(place, part)).collect())
            }
            Type::Named(named) => match &self.interface.definition(named).kind {
                Kind::Struct(fields) => ("ALL", 0, self.field_parts(&view, fields)),
                Kind::Enum(variants) => {
                    let mut parts = Vec::new();
                    for variant in variants {
                        let inner = format!("{named}_{}Ref", variant.name);
                        parts.push(match variant.fields.is_empty() {
                            true => NOTHING.to_owned(),
                            false => {
                                let fields = self.field_parts(&inner, &variant.fields);
                                let form = format!("foreign_call_form_{inner}");
                                self.write_form(&form, &inner, "ALL", fields.len(), 0, &fields);
                                format!("{{offsetof({view}, value), &{form}}}")
                            }
                        });
                    }
                    ("ONE_OF", 4, parts)
                }
            },
            Type::Scalar(_) | Type::Unit | Type::String => return name,
        };
        self.write_form(&name, &view, kind, parts.len(), tag_size, &parts);
        name
    }

    fn field_parts(&mut self, view: &str, fields: &[Field]) -> Vec<String> {
        let part = |field: &Field| {
            self.part(format!("offsetof({view}, {})", member(&field.name)), &field.ty)
        };
        fields.iter().map(part).collect()
    }

    fn part(&mut self, place: String, ty: &Type) -> String {
        format!("{{{place}, &{}}}", self.form(ty))
    }

    /// Several headers may have it, so each asks first.
    fn write_form(
        &mut self,
        name: &str,
        view: &str,
        kind: &str,
        count: usize,
        tag_size: usize,
        parts: &[String],
    ) {
        let guard = format!("{name}_is_there");
        let parts = parts.join(",\n        ");
        let _ = write!(
            self.text,
            "#ifndef {guard}\n#define {guard}\n\
             static const foreign_call_form {name} = {{\n    \
             FOREIGN_CALL_{kind}, sizeof({view}), {count}, {tag_size},\n    \
             (const foreign_call_part[]){{\n        {parts}}}}};\n#endif\n\n"
        );
    }
}

/// A part that is none.
const NOTHING: &str = "{0, NULL}";
