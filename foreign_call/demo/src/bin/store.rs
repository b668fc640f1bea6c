//! Rust offers a store, and C calls it: from a thread of its own, and from within calls of Rust's.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use foreign_call::CallError;
use foreign_call_demo::{Client, ClientImpl, Store, StoreOffer};
use tokio::sync::Notify;
use tokio::time::timeout;

#[derive(Default)]
struct Texts {
    texts: Mutex<HashMap<String, String>>,
    changed: Notify,
}

impl Store for Texts {
    fn get(&self, key: &str) -> Option<String> {
        self.texts.lock().expect("nobody panics with it").get(key).cloned()
    }

    fn put(&self, key: String, value: String) {
        self.texts.lock().expect("nobody panics with it").insert(key, value);
        self.changed.notify_waiters();
    }

    async fn wait_for(&self, key: String) -> Result<String, CallError> {
        let text = async {
            loop {
                let changed = self.changed.notified(); // before the look, so that none is missed
                if let Some(text) = self.get(&key) {
                    return text;
                }
                changed.await;
            }
        };
        let too_long = |_| CallError::Failed { code: 110, message: format!("no {key} came") };
        timeout(Duration::from_secs(1), text).await.map_err(too_long)
    }
}

#[allow(clippy::print_stdout, reason = "the demo's only output")]
#[tokio::main]
async fn main() {
    println!("[before] {}", ClientImpl::look("here"));
    let runtime = tokio::runtime::Handle::current();
    let offer = StoreOffer::new(Texts::default(), move |task| {
        runtime.spawn(task);
    })
    .expect("nobody else offers");
    println!("[sync] {}", ClientImpl::look("here"));
    ClientImpl::put_later("here");
    println!("[async] {:?}", ClientImpl::wait("here".into()).await);
    println!("[sync] {}", ClientImpl::look("here"));
    println!("[error] {}", ClientImpl::wait("there".into()).await.expect_err("nobody puts it"));
    drop(offer);
    println!("[after] {}", ClientImpl::look("here"));
}
