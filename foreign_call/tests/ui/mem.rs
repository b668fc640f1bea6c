use foreign_call::r2g;

#[r2g]
trait OverRing {
    #[mem]
    fn waits(number: u64) -> u64;
    #[mem]
    fn stream(text: &str, number: u64) -> impl foreign_call::Stream<Item = u64>;
    #[mem]
    fn tell(text: &str, number: u64);
}

fn main() {}
