use foreign_call::{CallError, r2g};

struct Plain {
    value: u8,
}

#[r2g]
trait Calls {
    fn check(value: &Plain) -> u8;
    fn own_error() -> Result<u8, String>;
    fn fine() -> Result<u8, CallError>;
}

fn main() {}
