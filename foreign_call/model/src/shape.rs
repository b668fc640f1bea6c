//! A number for each interface, so that two sides which no longer fit notice it.
//!
//! This file is compiled twice: into `foreign_call`, where the compiler adds the shapes of a trait's
//! types up, and into the generator, which reads them from the source. Names, order and layout all
//! count, so the two numbers are equal only if both sides mean the same bytes.

/// A number under construction (FNV-1a, 64 bits: it guards against mistakes, not against malice).
#[derive(Debug, Clone, Copy)]
pub struct Shape(u64);

impl Shape {
    /// The beginning of a shape of this kind.
    pub const fn new(kind: &str) -> Shape {
        Shape(0xcbf2_9ce4_8422_2325).text(kind)
    }

    /// A name counts.
    pub const fn text(self, text: &str) -> Shape {
        let (bytes, mut shape, mut index) = (text.as_bytes(), self, 0);
        while index < bytes.len() {
            shape = shape.byte(bytes[index]);
            index += 1;
        }
        shape.byte(0xff) // in no UTF-8, so that "ab" "c" is not "a" "bc"
    }

    /// A number counts: an offset, a size, the shape of a part.
    pub const fn number(self, number: u64) -> Shape {
        let (bytes, mut shape, mut index) = (number.to_le_bytes(), self, 0);
        while index < bytes.len() {
            shape = shape.byte(bytes[index]);
            index += 1;
        }
        shape
    }

    /// The number.
    pub const fn value(self) -> u64 {
        self.0
    }

    const fn byte(self, byte: u8) -> Shape {
        Shape((self.0 ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3))
    }
}

/// The way in which calls are made. It is part of every interface's number.
pub const ABI: u64 = 2;
