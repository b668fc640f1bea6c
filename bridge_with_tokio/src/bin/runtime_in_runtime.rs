//! WRONG: waits for the async `send` with a runtime of its own, on a thread that runs one already.

use tokio::runtime::Runtime;
use tokio::sync::mpsc;

/// What a callback might do: a plain function that needs a future to be done.
fn hand_over(sender: &mpsc::Sender<Vec<i16>>, block: Vec<i16>) {
    let runtime = Runtime::new().expect("the system has threads");
    // WRONG: this thread already belongs to the runtime of `main`.
    runtime.block_on(sender.send(block)).expect("the receiver lives");
}

#[tokio::main]
async fn main() {
    let (sender, _receiver) = mpsc::channel(64);
    hand_over(&sender, vec![1, 2, 3]);
}
