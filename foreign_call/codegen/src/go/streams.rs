//! Streams in Go: a function that runs in a goroutine and is given one to send with.

use foreign_call_model::{Function, Outcome, Trait, Type};

use super::File;
use super::names::{go_type, member};
use super::read::Place;

impl File<'_> {
    /// The arguments are lent until C's function returns, so they are copied before the goroutine
    /// begins.
    pub(super) fn stream(&mut self, it: &Trait, function: &Function) {
        let (name, symbol) = (&it.name, format!("{}_{}", it.name, function.name));
        let (mut given, mut values) = (String::new(), String::new());
        for (at, argument) in function.arguments.iter().enumerate() {
            given += &format!("\tvalue{at} := {}\n", self.argument(argument));
            if let Some(own) = self.own(&argument.ty, &format!("value{at}")) {
                given += &format!("\t{own}\n");
            }
            values += &format!(", value{at}");
        }
        let item = function.answer.clone().unwrap_or(Type::Unit);
        let size = self.interface.layout(&item).size;
        let place = Place::Raw(format!("arena.answer({size})"));
        let write = self.write(&item, &place, &Place::at("item"));
        let method = member(&function.name);
        let user = format!("{name}Impl.{method}(stream.ctx, send{values})");
        let (begin, end) = match function.outcome {
            Outcome::CallError => ("return ", ""),
            Outcome::Panics | Outcome::Own => ("", "\t\treturn nil\n"),
        };
        let parameters = super::calls::parameters(function);
        let (head, run) = match function.mem {
            true => {
                let own = ["link *foreign_call_link", "arena *foreign_call_arena"];
                let message = "message *foreign_call_message".to_owned();
                let own = [own.map(str::to_owned).to_vec(), vec![message], parameters].concat();
                (
                    format!("func foreign_call_run_{symbol}({}) C.uint32_t", own.join(", ")),
                    "return link.stream(arena, message",
                )
            }
            false => {
                let own = [parameters, vec!["call C.foreign_call".to_owned()]].concat();
                (
                    format!("//export {symbol}\nfunc {symbol}({})", own.join(", ")),
                    "go foreign_call_stream_of(call",
                )
            }
        };
        self.calls += &format!(
            "{head} {{\n{given}\t{run}, func(stream *foreign_call_stream) error {{\n\
             \t\tif {name}Impl == nil {{\n\
             \t\t\treturn foreign_call_error{{foreign_call_no_impl, foreign_call_nobody(\"{name}\")}}\n\
             \t\t}}\n\
             \t\tsend := func(item {}) error {{\n\
             \t\t\treturn stream.send(func(arena *foreign_call_arena) {{\n\t\t\t\t{write}\n\t\t\t}})\n\
             \t\t}}\n\
             \t\t{begin}{user}\n{end}\t}})\n}}\n\n",
            go_type(&item)
        );
    }
}
