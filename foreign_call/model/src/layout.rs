use crate::shape::{ABI, Shape};
use crate::{Definition, Field, Interface, Kind, Trait, Type};

/// How much room a view takes, where pointers have 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// In bytes, a multiple of `align`.
    pub size: usize,
    /// It begins at a multiple of this.
    pub align: usize,
}

impl Layout {
    /// Of a number with so many bytes.
    const fn number(size: usize) -> Layout {
        Layout { size, align: size }
    }

    /// A pointer and a length.
    const LIST: Layout = Layout { size: 16, align: 8 };

    /// One after the other, as C does it, and where each begins.
    fn in_order(parts: impl IntoIterator<Item = Layout>) -> (Layout, Vec<usize>) {
        let mut whole = Layout { size: 0, align: 1 };
        let mut offsets = Vec::new();
        for part in parts {
            let offset = whole.size.next_multiple_of(part.align);
            offsets.push(offset);
            whole = Layout { size: offset + part.size, align: whole.align.max(part.align) };
        }
        whole.size = whole.size.next_multiple_of(whole.align);
        (whole, offsets)
    }

    /// All in one place.
    fn one_of(parts: impl IntoIterator<Item = Layout>) -> Layout {
        let (size, align) = parts
            .into_iter()
            .fold((0, 1), |(size, align), part| (part.size.max(size), part.align.max(align)));
        Layout { size: size.next_multiple_of(align), align }
    }
}

impl Interface {
    /// The layout of a type's view.
    pub fn layout(&self, ty: &Type) -> Layout {
        match ty {
            Type::Scalar("u8" | "i8" | "bool") | Type::Unit => Layout::number(1),
            Type::Scalar("u16" | "i16") => Layout::number(2),
            Type::Scalar("u32" | "i32" | "f32" | "char") => Layout::number(4),
            Type::Scalar(_) => Layout::number(8),
            Type::String | Type::List(_) | Type::Map(..) => Layout::LIST,
            Type::Option(part) => Layout::in_order([Layout::number(1), self.layout(part)]).0,
            Type::Result(ok, err) => {
                let value = Layout::one_of([self.layout(ok), self.layout(err)]);
                Layout::in_order([Layout::number(1), value]).0
            }
            Type::Tuple(parts) => Layout::in_order(parts.iter().map(|part| self.layout(part))).0,
            Type::Array(part, length) => {
                let part = self.layout(part);
                Layout { size: part.size * length, align: part.align }
            }
            Type::Named(name) => match &self.definition(name).kind {
                Kind::Struct(fields) => self.fields(fields).0,
                Kind::Enum(variants) if variants.iter().all(|it| it.fields.is_empty()) => {
                    Layout::number(4)
                }
                Kind::Enum(variants) => {
                    let data = variants.iter().filter(|variant| !variant.fields.is_empty());
                    let value = Layout::one_of(data.map(|it| self.fields(&it.fields).0));
                    Layout::in_order([Layout::number(4), value]).0
                }
            },
        }
    }

    /// The layout of a struct's or a variant's view, and the offset of each field.
    pub fn fields(&self, fields: &[Field]) -> (Layout, Vec<usize>) {
        Layout::in_order(fields.iter().map(|field| self.layout(&field.ty)))
    }

    /// The number of a type, as `ToRef::SHAPE` has it.
    pub fn shape(&self, ty: &Type) -> u64 {
        let of = |ty: &Type| self.shape(ty);
        match ty {
            Type::Scalar(name) => Shape::new(name),
            Type::Unit => Shape::new("()"),
            Type::String => Shape::new("String"),
            Type::List(part) => Shape::new("list").number(of(part)),
            Type::Option(part) => Shape::new("option").number(of(part)),
            Type::Result(ok, err) => Shape::new("result").number(of(ok)).number(of(err)),
            Type::Map(key, value) => Shape::new("map").number(of(key)).number(of(value)),
            Type::Array(part, length) => {
                Shape::new("array").number(of(part)).number(*length as u64)
            }
            Type::Tuple(parts) => {
                parts.iter().fold(Shape::new("tuple"), |shape, part| shape.number(of(part)))
            }
            Type::Named(name) => return self.definition_shape(self.definition(name)),
        }
        .value()
    }

    fn definition_shape(&self, definition: &Definition) -> u64 {
        let size = self.layout(&Type::Named(definition.name.clone())).size as u64;
        let shape = match &definition.kind {
            Kind::Struct(fields) => {
                self.fields_shape(Shape::new("struct").text(&definition.name), fields)
            }
            Kind::Enum(variants) => {
                let start = Shape::new("enum").text(&definition.name);
                variants.iter().fold(start, |shape, variant| {
                    self.fields_shape(shape.text(&variant.name), &variant.fields)
                })
            }
        };
        shape.number(size).value()
    }

    fn fields_shape(&self, shape: Shape, fields: &[Field]) -> Shape {
        let (_, offsets) = self.fields(fields);
        fields.iter().zip(offsets).fold(shape, |shape, (field, offset)| {
            shape.text(&field.name).number(self.shape(&field.ty)).number(offset as u64)
        })
    }

    /// The number of a trait: both sides must have the same.
    pub fn trait_shape(&self, it: &Trait) -> u64 {
        let kind = if it.process { "process" } else { "trait" };
        self.functions_shape(Shape::new(kind), it)
    }

    /// The number of a trait that Rust implements.
    pub fn offer_shape(&self, it: &Trait) -> u64 {
        self.functions_shape(Shape::new("offer"), it)
    }

    fn functions_shape(&self, kind: Shape, it: &Trait) -> u64 {
        let mut shape = kind.number(ABI).text(&it.name);
        for function in &it.functions {
            shape = shape.text(&function.name).text(function.mode.name());
            if function.cancel {
                shape = shape.text("cancel");
            }
            if function.mem {
                shape = shape.text("mem");
            }
            for argument in &function.arguments {
                shape = shape.text(&argument.name).number(self.shape(&argument.ty));
            }
            if let Some(answer) = &function.answer {
                shape = shape.text("->").number(self.shape(answer));
            }
        }
        shape.value()
    }
}
