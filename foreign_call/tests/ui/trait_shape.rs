use foreign_call::r2g;

#[r2g]
trait Shape {
    const NUMBER: u8;
    fn receiver(&self);
    fn generic<T>(value: T);
    fn body() {}
    #[cfg(unix)]
    fn sometimes();
    fn pattern((a, b): (u8, u8));
}

#[r2g]
trait Generic<T> {
    fn f(value: T);
}

#[r2g]
trait Super: Send {
    fn f();
}

#[r2g(fast)]
trait Arguments {
    fn f();
}

fn main() {}
