use std::{error, fmt};

/// What the peer sent is no value of the type that was expected.
///
/// ```
/// use foreign_call::{FromRef, ToRef, convert::Buffer};
///
/// let numbers = vec![0x61_u32, 0xd800];
/// let mut buffer = Buffer::for_value(&numbers);
/// let view = numbers.to_ref(&mut buffer.writer());
/// let error = Vec::<char>::from_ref(&view).unwrap_err();
/// assert_eq!(error.to_string(), "at `[1]`: 0xd800 is no character");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConvertError {
    /// From the outside in, the last step first: it is put together on the way out.
    path: Vec<Step>,
    problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(&'static str),
    Index(usize),
}

/// What is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A pointer is null, but something should lie there.
    Null,
    /// A pointer is not a multiple of what its type needs.
    Misaligned,
    /// No memory can be as long.
    TooLong(usize),
    /// There is no room for so many.
    OutOfMemory(usize),
    /// The text is not UTF-8 from this byte on.
    Utf8 {
        /// So many bytes before it are.
        valid_up_to: usize,
    },
    /// Neither 0 nor 1.
    Bool(u8),
    /// No Unicode scalar value.
    Char(u32),
    /// The enum has fewer variants.
    Tag {
        /// What came.
        tag: u32,
        /// The enum.
        of: &'static str,
    },
    /// A key of a map came twice.
    DuplicateKey,
    /// In a message from another process, a list does not begin where it should, or is not all there.
    Misplaced {
        /// Where it is said to begin.
        place: usize,
        /// How long it is said to be.
        bytes: usize,
    },
}

impl ConvertError {
    /// Without a path: the value itself is wrong.
    pub fn new(problem: Problem) -> ConvertError {
        ConvertError { path: Vec::new(), problem }
    }

    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Where, from the outside in: `users[3].name`. Empty, if it is the value itself.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for step in self.path.iter().rev() {
            match step {
                Step::Field(name) if path.is_empty() => path.push_str(name),
                Step::Field(name) => path.extend([".", name]),
                Step::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }
}

/// Says where a part was, on the way out.
pub trait In {
    /// In this field.
    fn in_field(self, name: &'static str) -> Self;
    /// At this index.
    fn at(self, index: usize) -> Self;
}

impl<T> In for Result<T, ConvertError> {
    #[inline]
    fn in_field(self, name: &'static str) -> Self {
        self.map_err(|error| error.step(Step::Field(name)))
    }

    #[inline]
    fn at(self, index: usize) -> Self {
        self.map_err(|error| error.step(Step::Index(index)))
    }
}

impl ConvertError {
    #[cold]
    fn step(mut self, step: Step) -> ConvertError {
        self.path.push(step);
        self
    }
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "at `{}`: ", self.path())?;
        }
        match &self.problem {
            Problem::Null => f.write_str("the pointer is null"),
            Problem::Misaligned => f.write_str("the pointer is not aligned"),
            Problem::TooLong(length) => write!(f, "{length} elements are more than memory has"),
            Problem::OutOfMemory(length) => write!(f, "no room for {length} elements"),
            Problem::Utf8 { valid_up_to } => write!(f, "not UTF-8 after {valid_up_to} bytes"),
            Problem::Bool(byte) => write!(f, "{byte} is no bool"),
            Problem::Char(number) => write!(f, "{number:#x} is no character"),
            Problem::Tag { tag, of } => write!(f, "`{of}` has no variant {tag}"),
            Problem::DuplicateKey => f.write_str("the key came before"),
            Problem::Misplaced { place, bytes } => {
                write!(f, "{bytes} bytes at {place} are not what comes next in the message")
            }
        }
    }
}

impl error::Error for ConvertError {}
