use foreign_call::r2g;

#[r2g]
trait Marks {
    #[cancel]
    fn cancel_sync(text: &str) -> u8;
    #[deadline(100)]
    fn deadline_sync(text: &str) -> Result<u8, foreign_call::CallError>;
    #[deadline(100)]
    async fn deadline_panics(number: u8) -> u8;
    #[deadline(100)]
    async fn deadline_lent(text: &str) -> Result<u8, foreign_call::CallError>;
    #[drop_safe_ret]
    #[deadline(100)]
    async fn deadline_ret(text: String) -> Result<u8, foreign_call::CallError>;
    #[deadline]
    async fn deadline_without() -> Result<u8, foreign_call::CallError>;
    #[deadline(0)]
    async fn deadline_zero() -> Result<u8, foreign_call::CallError>;
    #[deadline("1 s")]
    async fn deadline_text() -> Result<u8, foreign_call::CallError>;
}

fn main() {}
