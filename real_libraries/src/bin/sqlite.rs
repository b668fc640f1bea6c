//! `sqlite`: what SQLite's hooks say about a few statements.

use std::error::Error;

#[tokio::main]
#[allow(clippy::print_stdout, reason = "the report goes to the one who runs it")]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", real_libraries::sqlite::run().await?);
    Ok(())
}
