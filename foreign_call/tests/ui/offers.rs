use foreign_call::g2r;

#[g2r]
trait Shape {
    const NUMBER: u8;
    fn no_receiver(key: u8);
    fn exclusive(&mut self);
    fn consuming(self);
    fn boxed(self: Box<Self>);
    fn generic<T>(&self, value: T);
    fn body(&self) {}
    #[cfg(unix)]
    fn sometimes(&self);
    fn pattern(&self, (a, b): (u8, u8));
    fn mutable(&self, value: &mut u8);
    fn pointer(&self) -> *const u8;
    #[drop_safe]
    async fn marked(&self);
    async fn twice(&self) -> impl std::future::Future<Output = u8>;
    fn stream(&self) -> impl Iterator<Item = u8>;
    fn items(&self) -> impl Stream<Item = u8>;
    fn forever(&self, text: &'static str);
}

#[g2r]
trait Names {
    fn interface(&self);
    fn get(&self);
    fn get_rust(&self);
    fn get_answer(&self);
}

#[g2r]
trait Generic<T> {
    fn f(&self, value: T);
}

#[g2r]
trait Super: std::fmt::Debug {
    fn f(&self);
}

#[g2r(fast)]
trait Arguments {
    fn f(&self);
}

fn main() {}
