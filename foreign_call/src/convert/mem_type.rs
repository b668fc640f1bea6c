/// How much memory the view of a type needs.
///
/// Two rules make it: a struct is the largest of its fields, and a container is one step above its
/// element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemType {
    /// No memory but its own: numbers, and structs of them.
    Primitive,
    /// Points to the value's own memory: `String`, `Vec<u8>`, a `Vec` of `repr(C)` structs of
    /// numbers.
    SimpleWrapper,
    /// Points to views that are made in the call's buffer: `Vec<String>`.
    Complex,
}

impl MemType {
    /// The larger of two: the rule for structs.
    pub const fn max(self, other: MemType) -> MemType {
        if self as u8 >= other as u8 { self } else { other }
    }

    /// One step above: the rule for containers. Where an element does not lie in memory as its view
    /// does (`as_is`), there is no memory to point to, so its views must be made.
    pub const fn container(self, as_is: bool) -> MemType {
        match self {
            MemType::Primitive if as_is => MemType::SimpleWrapper,
            _ => MemType::Complex,
        }
    }

    /// Whether the call's buffer is needed.
    pub const fn is_complex(self) -> bool {
        matches!(self, MemType::Complex)
    }
}
