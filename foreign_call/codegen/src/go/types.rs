//! Types in Go: the user's, and the views that lie in memory otherwise than these.

use foreign_call_model::{Definition, Field, Kind, Layout, Type};
use proc_macro2::Span;
use syn::{Error, Result};

use super::File;
use super::names::{aligned, comment, fields_apart, go_type, member, view_name};

impl File<'_> {
    /// Whether a value in Go lies as its view does, and points to nothing: then it is copied as it is.
    pub(super) fn flat(&self, ty: &Type) -> bool {
        match ty {
            Type::Scalar(_) => true,
            Type::Named(name) => match &self.interface.definition(name).kind {
                Kind::Struct(fields) => fields.iter().all(|field| self.flat(&field.ty)),
                Kind::Enum(variants) => variants.iter().all(|variant| variant.fields.is_empty()),
            },
            Type::Tuple(_) | Type::Array(..) => ty.parts().into_iter().all(|it| self.flat(it)),
            _ => false,
        }
    }

    /// Whether a view can be read as a value in Go where it lies. A Go string is two words, like
    /// Rust's view of one; a Go slice is three.
    pub(super) fn readable(&self, ty: &Type) -> bool {
        match ty {
            Type::String => true,
            Type::Named(name) => match &self.interface.definition(name).kind {
                Kind::Struct(fields) => fields.iter().all(|field| self.readable(&field.ty)),
                Kind::Enum(_) => self.flat(ty),
            },
            Type::Tuple(_) | Type::Array(..) => ty.parts().into_iter().all(|it| self.readable(it)),
            _ => self.flat(ty),
        }
    }

    /// The Go type of a view.
    pub(super) fn view(&self, ty: &Type) -> String {
        match ty {
            flat if self.flat(flat) => go_type(ty),
            Type::Unit => "uint8".to_owned(),
            Type::String | Type::List(_) | Type::Map(..) => "foreign_call_list".to_owned(),
            Type::Array(part, length) => format!("[{length}]{}", self.view(part)),
            _ => view_name(ty),
        }
    }

    /// A user's struct or enum.
    pub(super) fn definition(&mut self, definition: &Definition) -> Result<()> {
        let (name, span) = (&definition.name, definition.span);
        self.names.claim(name, &format!("the type `{name}`"), span)?;
        if !self.flat(&Type::Named(name.clone())) {
            self.claim_view(&format!("{name}Ref"), &format!("the view of `{name}`"), span)?;
        }
        self.types += &comment("", &definition.docs);
        match &definition.kind {
            Kind::Struct(fields) => {
                fields_apart(fields)?;
                self.structure(name, fields);
            }
            Kind::Enum(variants) if variants.iter().all(|it| it.fields.is_empty()) => {
                self.types += &format!("type {name} uint32\n\n");
                for (tag, variant) in variants.iter().enumerate() {
                    let constant = format!("{name}_{}", variant.name);
                    self.names.claim(&constant, &format!("a variant of `{name}`"), variant.span)?;
                    self.types += &comment("", &variant.docs);
                    self.types += &format!("const {constant} {name} = {tag}\n\n");
                }
            }
            Kind::Enum(variants) => {
                self.types += &format!("type {name} interface{{ is_{name}() }}\n\n");
                for variant in variants {
                    let structure = format!("{name}_{}", variant.name);
                    let by = format!("a variant of `{name}`");
                    self.names.claim(&structure, &by, variant.span)?;
                    fields_apart(&variant.fields)?;
                    if !variant.fields.is_empty() {
                        let by = format!("the view of `{structure}`");
                        self.claim_view(&format!("{structure}Ref"), &by, variant.span)?;
                    }
                    self.types += &comment("", &variant.docs);
                    self.structure(&structure, &variant.fields);
                    self.types += &format!("func ({structure}) is_{name}() {{}}\n\n");
                }
            }
        }
        Ok(())
    }

    fn structure(&mut self, name: &str, fields: &[Field]) {
        if fields.is_empty() {
            self.types += &format!("type {name} struct{{}}\n\n");
            return;
        }
        let field = |it: &Field| (it.docs.clone(), member(&it.name), go_type(&it.ty));
        let text = aligned(&fields.iter().map(field).collect::<Vec<_>>());
        self.types += &format!("type {name} struct {{\n{text}}}\n\n");
        if fields.iter().all(|field| self.readable(&field.ty)) {
            self.same_layout(name, fields);
        }
    }

    /// A view of several fields.
    pub(super) fn view_structure(&mut self, name: &str, fields: &[Field]) {
        let field = |it: &Field| (Vec::new(), member(&it.name), self.view(&it.ty));
        let text = aligned(&fields.iter().map(field).collect::<Vec<_>>());
        self.views += &format!("type {name} struct {{\n{text}}}\n\n");
        self.same_layout(name, fields);
    }

    /// A struct in Go is laid out as the view is, or the file does not compile.
    fn same_layout(&mut self, name: &str, fields: &[Field]) {
        let (layout, offsets) = self.interface.fields(fields);
        self.same_size(name, layout);
        for (field, offset) in fields.iter().zip(offsets) {
            let field = member(&field.name);
            self.layouts += &format!("\t_ = same[unsafe.Offsetof({name}{{}}.{field})-{offset}]\n");
        }
    }

    /// Where the next value may begin is said rather than the size: before Go 1.21, vet takes a struct
    /// to end with its last field.
    pub(super) fn same_size(&mut self, name: &str, layout: Layout) {
        let (size, next) = (layout.size, layout.align * 8);
        self.layouts += &format!(
            "\t_ = same[unsafe.Offsetof(foreign_call_then[{name}, uint{next}]{{}}.next)-{size}]\n"
        );
    }

    /// What a container needs that is in no view: a type of its own, a key that Go takes.
    pub(super) fn container(&mut self, ty: &Type, span: Span) -> Result<()> {
        match ty {
            Type::Map(key, _) if !self.comparable(key) => {
                let why = format!("Go has no maps with keys of `{key}`: they can't be compared");
                return Err(Error::new(span, why));
            }
            Type::Tuple(parts) if self.tuples.insert(parts.len()) => {
                let name = format!("Tuple{}", parts.len());
                self.names.claim(&name, "a tuple", span)?;
                let letters: Vec<_> = ('A'..).take(parts.len()).map(String::from).collect();
                let field =
                    |(at, letter): (usize, &String)| (Vec::new(), format!("f{at}"), letter.clone());
                let text = aligned(&letters.iter().enumerate().map(field).collect::<Vec<_>>());
                let letters = letters.join(", ");
                self.types += &format!("type {name}[{letters} any] struct {{\n{text}}}\n\n");
            }
            Type::Result(..) if !self.has_result => {
                self.has_result = true;
                self.names.claim("Result", "`Result`", span)?;
                self.types += "// The one if it is_ok, else the other.\n\
                    type Result[T, E any] struct {\n\tis_ok bool\n\tok    T\n\terr   E\n}\n\n";
            }
            _ => {}
        }
        if matches!(ty, Type::Tuple(_)) && self.readable(ty) {
            self.same_size(&go_type(ty), self.interface.layout(ty));
        }
        Ok(())
    }

    fn comparable(&self, ty: &Type) -> bool {
        match ty {
            Type::List(_) | Type::Map(..) | Type::Option(_) => false,
            Type::Named(name) => {
                let fields = self.interface.definition(name).fields();
                fields.iter().all(|field| self.comparable(&field.ty))
            }
            _ => ty.parts().into_iter().all(|part| self.comparable(part)),
        }
    }
}
