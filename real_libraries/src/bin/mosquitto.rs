//! `mosquitto`: what a client tells of a broker that is killed in between.

use std::error::Error;

#[tokio::main]
#[allow(clippy::print_stdout, reason = "the report goes to the one who runs it")]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", real_libraries::mosquitto::run().await?);
    Ok(())
}
