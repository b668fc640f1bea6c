//! Answers: from values in Go to their views, in memory that Rust may read.

use foreign_call_model::{Field, Kind, Type};

use super::File;
use super::names::{go_type, member, view_name};
use super::read::Place;

impl File<'_> {
    /// A statement, which writes the view of the value that is there. `arena` is where all else goes.
    pub(super) fn write(&mut self, ty: &Type, view: &Place, value: &Place) -> String {
        let to = view.value(&self.view(ty));
        let from = value.value(&go_type(ty));
        match ty {
            Type::Unit => format!("{to} = 0"),
            Type::String => format!("{to} = arena.text({from})"),
            _ if self.flat(ty) => format!("{to} = {from}"),
            Type::List(part) if self.flat(part) => {
                format!("{to} = foreign_call_copy(arena, {from})")
            }
            _ => {
                self.writer(ty);
                let (to, from) = (view.address(&self.view(ty)), value.address(&go_type(ty)));
                format!("{}_write(arena, {to}, {from})", view_name(ty))
            }
        }
    }

    /// A function that writes a view, unless there is one.
    fn writer(&mut self, ty: &Type) {
        let (name, view, value) = (view_name(ty), self.view(ty), go_type(ty));
        if !self.writers.insert(name.clone()) {
            return;
        }
        self.view_type(ty);
        let head = format!(
            "func {name}_write(arena *foreign_call_arena, view *{view}, value *{value}) {{\n"
        );
        let body = match ty {
            Type::List(part) => {
                let item = Place::at("(*value)[i]");
                let write = self.write(part, &Place::at("views[i]"), &item);
                let (of, size) = (self.view(part), self.interface.layout(part).size);
                format!(
                    "\tat, list := arena.list(len(*value), {size})\n\
                     \tviews := unsafe.Slice((*{of})(at), len(*value))\n\
                     \tfor i := range views {{\n\t\t{write}\n\t}}\n\t*view = list\n"
                )
            }
            Type::Map(key, to) => {
                let of = self.pair(key, to);
                let pair = Type::Tuple(vec![(**key).clone(), (**to).clone()]);
                let size = self.interface.layout(&pair).size;
                // Nothing is read of a `()`, and Go wants every variable to be read.
                let names = match (&**key, &**to) {
                    (Type::Unit, Type::Unit) => "",
                    (Type::Unit, _) => "_, to := ",
                    (_, Type::Unit) => "key := ",
                    _ => "key, to := ",
                };
                let key = self.write(key, &Place::at("views[i].f0"), &Place::at("key"));
                let to = self.write(to, &Place::at("views[i].f1"), &Place::at("to"));
                format!(
                    "\tat, list := arena.list(len(*value), {size})\n\
                     \tviews := unsafe.Slice((*{of})(at), len(*value))\n\
                     \ti := 0\n\
                     \tfor {names}range *value {{\n\t\t{key}\n\t\t{to}\n\t\ti++\n\t}}\n\
                     \t*view = list\n"
                )
            }
            Type::Option(part) => {
                let some = Place::Behind("some".to_owned());
                let write = self.write(part, &Place::at("view.some"), &some);
                format!(
                    "\t*view = {view}{{}}\n\tif some := *value; some != nil {{\n\
                     \t\tview.is_some = true\n\t\t{write}\n\t}}\n"
                )
            }
            Type::Result(ok, err) => {
                let union = Place::Raw("unsafe.Pointer(&view.value)".to_owned());
                let ok = self.write(ok, &union, &Place::at("value.ok"));
                let err = self.write(err, &union, &Place::at("value.err"));
                format!(
                    "\t*view = {view}{{is_ok: value.is_ok}}\n\tif value.is_ok {{\n\t\t{ok}\n\
                     \t}} else {{\n\t\t{err}\n\t}}\n"
                )
            }
            Type::Array(part, _) => {
                let write = self.write(part, &Place::at("view[i]"), &Place::at("value[i]"));
                format!("\tfor i := range view {{\n\t\t{write}\n\t}}\n")
            }
            Type::Tuple(parts) => {
                let field = |(at, ty): (usize, &Type)| (format!("f{at}"), ty.clone());
                self.write_fields(parts.iter().enumerate().map(field).collect())
            }
            Type::Named(name) => match self.interface.definition(name).kind.clone() {
                Kind::Struct(fields) => self.write_fields(named(&fields)),
                Kind::Enum(variants) => {
                    let mut text =
                        format!("\t*view = {view}{{}}\n\tswitch value := (*value).(type) {{\n");
                    for (tag, variant) in variants.iter().enumerate() {
                        let of = format!("{name}_{}", variant.name);
                        text += &format!("\tcase {of}:\n\t\tview.tag = {tag}\n");
                        if variant.fields.is_empty() {
                            continue;
                        }
                        text += &format!(
                            "\t\t{of}Ref_write(arena, (*{of}Ref)(unsafe.Pointer(&view.value)), \
                             &value)\n"
                        );
                        let fields = self.write_fields(named(&variant.fields));
                        self.writes += &format!(
                            "func {of}Ref_write(arena *foreign_call_arena, view *{of}Ref, \
                             value *{of}) {{\n{fields}}}\n\n"
                        );
                    }
                    text + &format!(
                        "\tdefault:\n\t\tpanic(fmt.Sprintf(\"%T is no variant of {name}\", \
                         value))\n\t}}\n"
                    )
                }
            },
            Type::Scalar(_) | Type::Unit | Type::String => return,
        };
        self.writes += &format!("{head}{body}}}\n\n");
    }

    fn write_fields(&mut self, fields: Vec<(String, Type)>) -> String {
        let mut text = String::new();
        for (name, ty) in fields {
            let view = Place::At(format!("view.{name}"));
            let value = Place::At(format!("value.{name}"));
            text += &format!("\t{}\n", self.write(&ty, &view, &value));
        }
        text
    }
}

fn named(fields: &[Field]) -> Vec<(String, Type)> {
    fields.iter().map(|field| (member(&field.name), field.ty.clone())).collect()
}
