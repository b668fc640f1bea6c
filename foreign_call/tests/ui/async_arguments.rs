use foreign_call::r2g;

#[r2g]
trait Later {
    async fn given(text: String) -> u8;
    #[drop_safe]
    async fn lent(text: &str) -> u8;
    #[drop_safe]
    fn not_async(text: String) -> u8;
    #[drop_safe]
    #[drop_safe_ret]
    async fn both(text: String) -> u8;
    #[send]
    fn send(text: &str);
    async fn twice(text: &str) -> impl std::future::Future<Output = u8>;
    fn stream(text: &str) -> impl Iterator<Item = u8>;
}

fn main() {}
