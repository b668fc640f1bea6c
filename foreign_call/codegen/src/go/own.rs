//! Copies of what Go was lent, for a goroutine that goes on when the loan has ended.

use foreign_call_model::{Field, Kind, Type};

use super::File;
use super::names::{go_type, member, view_name};

impl File<'_> {
    /// A statement after which the value that is there is Go's own; `None` if it is anyway.
    pub(super) fn own(&mut self, ty: &Type, value: &str) -> Option<String> {
        match ty {
            _ if self.flat(ty) => None,
            Type::Unit => None,
            Type::String => Some(format!("{value} = strings.Clone({value})")),
            Type::List(part) if self.flat(part) => {
                Some(format!("{value} = append({}(nil), {value}...)", go_type(ty)))
            }
            // Its elements point to nothing and were made when it was read; a loop over them would do
            // nothing, which Go refuses.
            Type::List(part) | Type::Array(part, _) if self.own(part, "").is_none() => None,
            _ => {
                self.owner(ty);
                Some(format!("{}_own(&{value})", view_name(ty)))
            }
        }
    }

    /// A function that makes a value Go's own, unless there is one.
    fn owner(&mut self, ty: &Type) {
        let (name, value) = (view_name(ty), go_type(ty));
        if !self.owners.insert(name.clone()) {
            return;
        }
        let indented = |it: Option<String>| it.map_or_else(String::new, |it| format!("\t\t{it}\n"));
        let body = match ty {
            Type::List(part) => {
                let own = indented(self.own(part, "(*value)[i]"));
                format!(
                    "\t*value = append({value}(nil), *value...)\n\
                     \tfor i := range *value {{\n{own}\t}}\n"
                )
            }
            Type::Map(key, to) => {
                let (key, to) = (self.own(key, "key"), self.own(to, "to"));
                format!(
                    "\towned := make({value}, len(*value))\n\
                     \tfor key, to := range *value {{\n{}{}\t\towned[key] = to\n\t}}\n\
                     \t*value = owned\n",
                    indented(key),
                    indented(to)
                )
            }
            Type::Option(part) => {
                let own = indented(self.own(part, "some"));
                format!(
                    "\tif *value != nil {{\n\t\tsome := **value\n{own}\t\t*value = &some\n\t}}\n"
                )
            }
            Type::Result(ok, err) => {
                let (ok, err) = (self.own(ok, "value.ok"), self.own(err, "value.err"));
                let both = [ok, err].into_iter().flatten().map(|it| format!("\t{it}\n"));
                both.collect() // the one that is not there is zero
            }
            Type::Array(part, _) => {
                let own = indented(self.own(part, "value[i]"));
                format!("\tfor i := range value {{\n{own}\t}}\n")
            }
            Type::Tuple(parts) => {
                let part = |(at, ty): (usize, &Type)| (format!("f{at}"), ty.clone());
                self.own_fields("value", parts.iter().enumerate().map(part).collect())
            }
            Type::Named(name) => match self.interface.definition(name).kind.clone() {
                Kind::Struct(fields) => self.own_fields("value", named(&fields)),
                Kind::Enum(variants) => {
                    let mut text = "\tswitch is := (*value).(type) {\n".to_owned();
                    for variant in variants {
                        let fields = self.own_fields("is", named(&variant.fields));
                        let fields = fields.replace('\t', "\t\t");
                        text +=
                            &format!("\tcase {name}_{}:\n{fields}\t\t*value = is\n", variant.name);
                    }
                    text + "\t}\n"
                }
            },
            Type::Scalar(_) | Type::Unit | Type::String => return,
        };
        self.owns += &format!("func {name}_own(value *{value}) {{\n{body}}}\n\n");
    }

    fn own_fields(&mut self, of: &str, fields: Vec<(String, Type)>) -> String {
        let own = |(name, ty): (String, Type)| self.own(&ty, &format!("{of}.{name}"));
        let lines = fields.into_iter().filter_map(own).map(|line| format!("\t{line}\n"));
        lines.collect()
    }
}

fn named(fields: &[Field]) -> Vec<(String, Type)> {
    fields.iter().map(|field| (member(&field.name), field.ty.clone())).collect()
}
