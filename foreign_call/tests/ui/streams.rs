use foreign_call::r2g;

#[r2g]
trait Streams {
    async fn later(text: &str) -> impl futures_core::Stream<Item = u8>;
    #[cancel]
    fn cancel() -> impl futures_core::Stream<Item = u8>;
    #[deadline(100)]
    fn deadline() -> impl futures_core::Stream<Item = u8>;
    #[drop_safe]
    fn drop_safe(text: String) -> impl futures_core::Stream<Item = u8>;
    #[send]
    fn send() -> impl futures_core::Stream<Item = u8>;
    #[buffer(0)]
    fn empty() -> impl futures_core::Stream<Item = u8>;
    #[buffer(16)]
    fn sync() -> u8;
    fn no_item() -> impl futures_core::Stream;
}

#[r2g]
trait Names {
    fn watch() -> impl futures_core::Stream<Item = u8>;
    fn watch_send();
    fn watch_end();
    fn check() -> u8;
    fn check_send();
}

fn main() {}
