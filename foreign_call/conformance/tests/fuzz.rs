//! Views made of bytes: a value, or an error that names the first thing that is wrong.
//!
//! `PROPTEST_CASES=1000000 cargo test --release -p foreign_call_conformance --test fuzz` goes on for
//! longer. With libFuzzer, which looks at the code that bytes reach: `fuzz/README.md`.

use foreign_call::{CallError, Task};
use foreign_call_conformance::offered::*;
use foreign_call_conformance::*;
use proptest::collection::vec;
use proptest::prelude::*;

mod fuzzed;
use fuzzed::{Fuzzed, Source, judge};

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..1_500)
}

/// Gets a page, and says no more than that.
struct Shelf;

impl Store for Shelf {
    fn get(&self, _: &str) -> Option<String> {
        unreachable!("get")
    }

    fn put(&self, key: String, page: &Page) -> Result<(), Refusal> {
        Err(Refusal::Taken(Page { url: key, ..page.clone() }))
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

proptest! {
    #[test]
    fn all_types_are_a_value_or_name_the_first_fault(bytes in bytes()) {
        judge::<All>(&bytes);
    }

    #[test]
    fn a_row_is_a_value_or_names_its_first_fault(bytes in bytes()) {
        judge::<Row>(&bytes);
    }

    #[test]
    fn so_is_what_c_answers(bytes in bytes()) {
        let mut source = Source::new(&bytes);
        let view = Page::view(&mut source);
        match CallerImpl::answer_what_lies_at((&raw const view).addr()) {
            Ok(_) => prop_assert_eq!(source.faults.first(), None),
            Err(CallError::Invalid(error)) => {
                prop_assert_eq!(Some(&error.path()), source.faults.first());
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// One at a time: there is one offer in a process.
#[test]
fn and_so_is_what_c_calls_with() {
    let no_task = |_: Task| unreachable!("a task");
    let _offer = StoreOffer::new(Shelf, no_task).expect("nobody else offers");
    proptest!(|(bytes in bytes())| {
        let mut source = Source::new(&bytes);
        let view = Page::view(&mut source);
        match CallerImpl::put_what_lies_at((&raw const view).addr()) {
            Ok(Err(Refusal::Taken(page))) => {
                prop_assert_eq!(source.faults.first(), None);
                prop_assert_eq!(page.url, "key");
            }
            Err(CallError::Failed { code, message }) => {
                prop_assert_eq!(code, i32::MIN + 2);
                let fault = source.faults.first().map(String::as_str).unwrap_or("nothing");
                let beginning = format!("an argument is not valid: at `page.{fault}`: ");
                prop_assert!(message.starts_with(&beginning), "{}, not {}", message, beginning);
            }
            other => panic!("{other:?}"),
        }
    });
}
