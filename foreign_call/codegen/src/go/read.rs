//! Arguments: from their views to values in Go. What can be read where it lies is not copied.

use foreign_call_model::{Field, Kind, Type};

use super::File;
use super::names::{go_type, member, view_name};

/// Where a view or a value is.
#[derive(Clone)]
pub(super) enum Place {
    /// A variable, a field, an element.
    At(String),
    /// Where a pointer points to.
    Behind(String),
    /// Where a pointer points to that has no type.
    Raw(String),
}

impl Place {
    pub(super) fn at(text: impl Into<String>) -> Place {
        Place::At(text.into())
    }

    /// As a value of this type.
    pub(super) fn value(&self, ty: &str) -> String {
        match self {
            Place::At(text) => text.clone(),
            Place::Behind(pointer) => format!("*{pointer}"),
            Place::Raw(pointer) => format!("*(*{ty})({pointer})"),
        }
    }

    /// As a pointer to this type.
    pub(super) fn address(&self, ty: &str) -> String {
        match self {
            Place::At(text) => format!("&{text}"),
            Place::Behind(pointer) => pointer.clone(),
            Place::Raw(pointer) => format!("(*{ty})({pointer})"),
        }
    }

    /// As something with methods.
    fn object(&self, ty: &str) -> String {
        match self {
            Place::At(text) | Place::Behind(text) => text.clone(),
            Place::Raw(pointer) => format!("(*{ty})({pointer})"),
        }
    }

    /// As a pointer without a type.
    fn raw(&self) -> String {
        match self {
            Place::At(text) => format!("unsafe.Pointer(&{text})"),
            Place::Behind(pointer) => format!("unsafe.Pointer({pointer})"),
            Place::Raw(pointer) => pointer.clone(),
        }
    }
}

impl File<'_> {
    /// An expression: the value whose view is there.
    pub(super) fn read(&mut self, ty: &Type, view: &Place) -> String {
        let list = "foreign_call_list";
        match ty {
            Type::Unit => "struct{}{}".to_owned(),
            Type::String => format!("{}.text()", view.object(list)),
            _ if self.flat(ty) => view.value(&go_type(ty)),
            _ if self.readable(ty) => format!("*(*{})({})", go_type(ty), view.raw()),
            Type::List(part) if self.readable(part) => {
                let (item, list) = (go_type(part), view.object(list));
                format!("unsafe.Slice((*{item})({list}.at()), int({list}.length))")
            }
            _ => {
                self.reader(ty);
                format!("{}_read({})", view_name(ty), view.address(&self.view(ty)))
            }
        }
    }

    /// A function that reads a view, unless there is one.
    fn reader(&mut self, ty: &Type) {
        let (name, view, value) = (view_name(ty), self.view(ty), go_type(ty));
        if !self.readers.insert(name.clone()) {
            return;
        }
        self.view_type(ty);
        let head = format!("func {name}_read(view *{view}) (value {value}) {{\n");
        let body = match ty {
            Type::List(part) => {
                let (item, read) = (self.view(part), self.read(part, &Place::at("views[i]")));
                format!(
                    "\tviews := unsafe.Slice((*{item})(view.at()), int(view.length))\n\
                     \tvalue = make({value}, len(views))\n\
                     \tfor i := range views {{\n\t\tvalue[i] = {read}\n\t}}\n"
                )
            }
            Type::Map(key, to) => {
                let pair = self.pair(key, to);
                // Nothing is read of a `()`, and Go wants every variable to be read.
                let both_unit = matches!((&**key, &**to), (Type::Unit, Type::Unit));
                let each = if both_unit { "" } else { "i := " };
                let key = self.read(key, &Place::at("views[i].f0"));
                let to = self.read(to, &Place::at("views[i].f1"));
                format!(
                    "\tviews := unsafe.Slice((*{pair})(view.at()), int(view.length))\n\
                     \tvalue = make({value}, len(views))\n\
                     \tfor {each}range views {{\n\t\tvalue[{key}] = {to}\n\t}}\n"
                )
            }
            Type::Option(part) => {
                let some = Place::at("view.some");
                let read = if self.readable(part) {
                    format!("\t\tvalue = (*{})({})\n", go_type(part), some.raw())
                } else {
                    format!("\t\tsome := {}\n\t\tvalue = &some\n", self.read(part, &some))
                };
                format!("\tif view.is_some {{\n{read}\t}}\n")
            }
            Type::Result(ok, err) => {
                let union = Place::Raw("unsafe.Pointer(&view.value)".to_owned());
                let (ok, err) = (self.read(ok, &union), self.read(err, &union));
                format!(
                    "\tif view.is_ok {{\n\t\tvalue.is_ok = true\n\t\tvalue.ok = {ok}\n\
                     \t}} else {{\n\t\tvalue.err = {err}\n\t}}\n"
                )
            }
            Type::Array(part, _) => {
                let read = self.read(part, &Place::at("view[i]"));
                format!("\tfor i := range view {{\n\t\tvalue[i] = {read}\n\t}}\n")
            }
            Type::Tuple(parts) => {
                let mut text = String::new();
                for (at, part) in parts.iter().enumerate() {
                    let read = self.read(part, &Place::At(format!("view.f{at}")));
                    text += &format!("\tvalue.f{at} = {read}\n");
                }
                text
            }
            Type::Named(name) => match self.interface.definition(name).kind.clone() {
                Kind::Struct(fields) => self.read_fields(&fields),
                Kind::Enum(variants) => {
                    let mut text = "\tswitch view.tag {\n".to_owned();
                    for (tag, variant) in variants.iter().enumerate() {
                        let of = format!("{name}_{}", variant.name);
                        text += &format!("\tcase {tag}:\n\t\tvalue = {of}");
                        if variant.fields.is_empty() {
                            text += "{}\n";
                            continue;
                        }
                        text += &format!("Ref_read((*{of}Ref)(unsafe.Pointer(&view.value)))\n");
                        let fields = self.read_fields(&variant.fields);
                        self.reads += &format!(
                            "func {of}Ref_read(view *{of}Ref) (value {of}) {{\n\
                             {fields}\treturn value\n}}\n\n"
                        );
                    }
                    text + "\t}\n"
                }
            },
            Type::Scalar(_) | Type::Unit | Type::String => return,
        };
        self.reads += &format!("{head}{body}\treturn value\n}}\n\n");
    }

    fn read_fields(&mut self, fields: &[Field]) -> String {
        let mut text = String::new();
        for field in fields {
            let name = member(&field.name);
            let read = self.read(&field.ty, &Place::At(format!("view.{name}")));
            text += &format!("\tvalue.{name} = {read}\n");
        }
        text
    }

    /// The view of a map's key and value.
    pub(super) fn pair(&mut self, key: &Type, value: &Type) -> String {
        let pair = Type::Tuple(vec![key.clone(), value.clone()]);
        self.view_type(&pair);
        self.view(&pair)
    }
}
