use foreign_call::r2g;

#[r2g(process)]
trait Far {
    fn tell(number: u64);
    #[mem]
    #[cancel]
    async fn cancelled(number: u64) -> Result<u64, CallError>;
    #[mem]
    fn connect(number: u64);
    async fn asked(number: u64) -> Result<u64, CallError>;
    fn stream(number: u64) -> impl Stream<Item = u64>;
    fn waits(number: u64) -> u64;
}

#[r2g(thread)]
trait Elsewhere {
    fn tell(number: u64);
}

fn main() {}
