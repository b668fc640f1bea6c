use foreign_call::{g2r, r2g};

#[r2g]
trait Twice {
    #[deadline(5)]
    #[deadline(6)]
    async fn deadline() -> Result<u8, foreign_call::CallError>;
    #[buffer(4)]
    #[buffer(4)]
    fn buffer() -> impl futures_core::Stream<Item = u8>;
    #[cancel]
    #[send]
    #[cancel]
    #[send]
    #[cancel]
    async fn plain();
    #[drop_safe]
    #[drop_safe_ret]
    async fn both(text: String);
    #[cancel(now)]
    async fn cancel();
    #[send = true]
    async fn send();
    #[drop_safe()]
    async fn drop_safe(text: String);
}

#[r2g]
#[g2r]
trait Contradicting {
    fn f();
}

#[g2r]
#[g2r]
trait Repeated {
    fn f(&self);
}

fn main() {}
