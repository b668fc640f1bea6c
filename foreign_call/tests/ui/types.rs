use foreign_call::{R2G, r2g};

#[r2g]
trait Types {
    fn mutable(value: &mut u8);
    fn wide(value: u128);
    fn pointer(value: *const u8);
    fn nested(value: Vec<&str>);
    fn error(value: foreign_call::CallError);
    fn alias() -> std::io::Result<u8>;
    fn length(value: [u8; 2 + 2]);
    fn none(value: [u8; 0]);
    fn own_generic(value: Own<u8>);
    fn long(value: (u8, u8, u8, u8, u8, u8, u8, u8, u8));
    fn lifetime(value: Vec<'static>);
}

#[derive(R2G)]
struct Own<T> {
    value: T,
}

#[derive(R2G)]
struct Empty;

#[derive(R2G)]
enum Never {}

#[derive(R2G)]
enum Numbered {
    One = 1,
}

#[derive(R2G)]
union Either {
    a: u8,
    b: i8,
}

fn main() {}
