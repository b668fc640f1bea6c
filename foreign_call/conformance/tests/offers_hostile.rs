//! C calls with what is no value: a failure that says where, never undefined behaviour.

use foreign_call::{CallError, Task, refused_calls};
use foreign_call_conformance::offered::*;

/// Nothing of it may run.
struct Untouched;

impl Store for Untouched {
    fn get(&self, key: &str) -> Option<String> {
        assert_eq!(key, "key", "the only good call");
        None
    }

    fn put(&self, _: String, _: &Page) -> Result<(), Refusal> {
        unreachable!("put")
    }

    fn count(&self, _: &[Place], _: &[bool], _: Vec<Page>, _: &[u64]) -> Result<u64, CallError> {
        unreachable!("count")
    }

    fn scalars(&self, _: i8, _: f64, _: bool, _: char) -> (i8, f64, bool, char) {
        unreachable!("scalars")
    }

    fn touched(&self, _: &str) {
        unreachable!("touched")
    }

    async fn fetch(&self, _: &str, _: &[String], _: Page) -> Result<Page, CallError> {
        unreachable!("fetch")
    }

    async fn ready(&self) {
        unreachable!("ready")
    }
}

#[test]
fn every_fault_is_refused_named_and_counted() {
    let no_task = |_: Task| unreachable!("a task");
    let _offer = StoreOffer::new(Untouched, no_task).expect("nobody else offers");
    let expected = [
        "at `key`: the pointer is null",
        "at `key`: the pointer is not aligned",
        "at `key`: the pointer is null",
        "at `key`: 18446744073709551615 elements are more than memory has",
        "at `key`: not UTF-8 after 2 bytes",
        "at `page.tags[0]`: not UTF-8 after 2 bytes",
        "at `page.state`: `State` has no variant 2",
        "at `pages[0].seen`: 2 is no bool",
        "at `flags[2]`: 2 is no bool",
        "at `only`: the pointer is not aligned",
        "at `places`: 4611686018427387903 elements are more than memory has",
        "at `flag`: 2 is no bool",
        "at `letter`: 0xd800 is no character",
        "at `tags[0]`: not UTF-8 after 2 bytes",
        "at `key`: not UTF-8 after 2 bytes",
    ];
    for (fault, expected) in (1..).zip(expected) {
        let before = refused_calls();
        let message = format!("an argument is not valid: {expected}");
        let failed = CallError::Failed { code: i32::MIN + 2, message };
        assert_eq!(CallerImpl::hostile(fault), Err(failed));
        assert_eq!(refused_calls() - before, 1);
    }
    for other_interface in [16, 17] {
        let before = refused_calls();
        match CallerImpl::hostile(other_interface) {
            Err(CallError::Failed { code, message }) => {
                assert_eq!(code, i32::MIN + 1);
                let beginning = "the caller's side of `Store` was generated from another version";
                assert!(message.starts_with(beginning), "{message}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(refused_calls() - before, 1);
    }
    let before = refused_calls();
    assert_eq!(CallerImpl::hostile(18), Ok(()), "without a function to answer to");
    assert_eq!(refused_calls() - before, 2);
}
