//! What a view is made of, for who moves it without knowing its type.

/// What a view is made of: enough to copy it with all that it leads to, and nothing of its padding.
///
/// The generated header has the same for C, as `foreign_call_form`.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// In bytes.
    pub size: usize,
    /// And what they are.
    pub kind: Kind,
}

/// What a view is.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Bytes, all of which count.
    Number,
    /// A pointer and a length; of what.
    List {
        /// One of them.
        item: &'static Form,
    },
    /// Parts side by side.
    All {
        /// Each with its place.
        parts: &'static [(usize, Form)],
    },
    /// Equal parts, one after the other.
    Repeated {
        /// How many.
        count: usize,
        /// One of them.
        item: &'static Form,
    },
    /// A number at the beginning says which part is there.
    OneOf {
        /// The number's bytes: 1, or 4.
        tag_size: usize,
        /// By that number; `None` where there is nothing more.
        parts: &'static [Option<(usize, Form)>],
    },
}

impl Form {
    /// Of so many bytes.
    pub const fn number(size: usize) -> Form {
        Form { size, kind: Kind::Number }
    }
}
