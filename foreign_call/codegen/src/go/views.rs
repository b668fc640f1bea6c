//! The views that Go needs types for: those that are no values in Go.

use foreign_call_model::{Kind, Layout, Type};

use super::File;
use super::names::{aligned, view_name};

impl File<'_> {
    /// The type of a view, and those that lie in it, unless they are there.
    pub(super) fn view_type(&mut self, ty: &Type) {
        if self.flat(ty) || matches!(ty, Type::Unit | Type::String | Type::List(_) | Type::Map(..))
        {
            return;
        }
        let name = view_name(ty);
        if !self.viewed.insert(name.clone()) {
            return;
        }
        let layout = self.interface.layout(ty);
        let fields = match ty {
            Type::Array(part, _) => return self.view_type(part),
            Type::Option(part) => {
                self.view_type(part);
                vec![
                    ("is_some".to_owned(), "bool".to_owned()),
                    ("some".to_owned(), self.view(part)),
                ]
            }
            Type::Result(..) => {
                vec![("is_ok".to_owned(), "bool".to_owned()), ("value".to_owned(), union(layout))]
            }
            Type::Tuple(parts) => {
                parts.iter().for_each(|part| self.view_type(part));
                let field = |(at, part)| (format!("f{at}"), self.view(part));
                parts.iter().enumerate().map(field).collect()
            }
            Type::Named(named) => match self.interface.definition(named).kind.clone() {
                Kind::Struct(fields) => {
                    fields.iter().for_each(|field| self.view_type(&field.ty));
                    return self.view_structure(&name, &fields);
                }
                Kind::Enum(variants) => {
                    for variant in variants.iter().filter(|variant| !variant.fields.is_empty()) {
                        variant.fields.iter().for_each(|field| self.view_type(&field.ty));
                        self.view_structure(
                            &format!("{named}_{}Ref", variant.name),
                            &variant.fields,
                        );
                    }
                    vec![
                        ("tag".to_owned(), "uint32".to_owned()),
                        ("value".to_owned(), union(layout)),
                    ]
                }
            },
            _ => return,
        };
        let fields: Vec<_> = fields.into_iter().map(|(name, ty)| (Vec::new(), name, ty)).collect();
        self.views += &format!("type {name} struct {{\n{}}}\n\n", aligned(&fields));
        self.same_size(&name, layout);
    }
}

/// One of several, after a flag or a tag: Go has no unions. It begins where it may, at the alignment
/// of the whole.
fn union(whole: Layout) -> String {
    let Layout { size, align } = whole;
    format!("[{}]uint{}", (size - align) / align, align * 8)
}
