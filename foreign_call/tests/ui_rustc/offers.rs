use std::cell::Cell;
use std::rc::Rc;

use foreign_call::{Task, g2r};

#[g2r]
trait Threads {
    fn now(&self);
    async fn later(&self);
}

struct Counter(Cell<u64>);

impl Threads for Counter {
    fn now(&self) {
        self.0.set(1);
    }

    async fn later(&self) {}
}

struct Stays;

impl Threads for Stays {
    fn now(&self) {}

    async fn later(&self) {
        let counter = Rc::new(1);
        std::future::ready(()).await;
        drop(counter);
    }
}

fn a_spawner_is_called_on_any_thread() {
    let queue = Rc::new(Cell::new(Vec::<Task>::new()));
    let _ = ThreadsOffer::new(Stays, move |task| queue.set(vec![task]));
}

fn main() {}
