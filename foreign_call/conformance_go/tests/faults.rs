//! What goes wrong in Go is an error in Rust, and the process lives on.

use foreign_call_conformance_go::with_go;
#[cfg(go)]
use {foreign_call::CallError, foreign_call_conformance_go::faults::*, std::panic::catch_unwind};

#[cfg(go)]
fn said(fault: u32) -> String {
    match FaultsImpl::wrong(fault) {
        Err(error) => error.to_string(),
        Ok(value) => panic!("fault {fault} was taken: {value:?}"),
    }
}

#[cfg(go)]
fn failed<T>(code: i32, message: &str) -> Result<T, CallError> {
    Err(CallError::Failed { code, message: message.to_owned() })
}

#[cfg(go)]
fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

#[cfg(go)]
const NIL: &str = "panic: runtime error: invalid memory address or nil pointer dereference";

with_go! {
    fn every_fault_is_named_with_its_field() {
        let good = Wrong {
            letter: 'x',
            tint: Tint::Light,
            text: "text".into(),
            sign: Sign::Word("word".into()),
            more: vec![],
        };
        assert_eq!(FaultsImpl::wrong(0), Ok(good));
        let expected = [
            "at `letter`: 0xd800 is no character",
            "at `letter`: 0xffffffff is no character",
            "at `tint`: `Tint` has no variant 2",
            "at `text`: not UTF-8 after 2 bytes",
            "panic: <nil> is no variant of Sign (code -1)",
            "panic: *main.Sign_Word is no variant of Sign (code -1)",
            "at `sign.Word.f0`: not UTF-8 after 0 bytes",
            "at `more[1][1]`: not UTF-8 after 0 bytes",
        ];
        for (fault, expected) in (1..).zip(expected) {
            assert_eq!(said(fault).trim_start_matches("the peer's answer is not valid: "), expected);
        }
    }

    fn an_error_keeps_its_code_and_its_words() {
        assert_eq!(FaultsImpl::fails(-5), failed(-5, "it says: no énergy"));
        assert_eq!(FaultsImpl::fails_plainly(), failed(1, "not \u{fffd} text"));
    }

    fn a_panic_is_an_error_with_its_message() {
        let index = "panic: runtime error: index out of range [3] with length 0";
        for (how, message) in [(0, "panic: a reason"), (1, "panic: an error"), (2, NIL), (3, index)] {
            assert_eq!(FaultsImpl::panics(how), failed(-1, message));
            assert_eq!(wait(FaultsImpl::panics_later(how)), failed(-1, message));
        }
        assert_eq!(FaultsImpl::panics(9), Ok(0), "and the next call is answered");
    }

    fn an_end_without_a_reason_is_an_unanswered_call() {
        assert_eq!(FaultsImpl::panics(4), Err(CallError::Unanswered));
        assert_eq!(wait(FaultsImpl::panics_later(4)), Err(CallError::Unanswered));
        assert_eq!(wait(FaultsImpl::exits_later()), Err(CallError::Unanswered));
    }

    fn a_one_way_panic_is_counted() {
        let before = FaultsImpl::one_way_panics();
        FaultsImpl::panics_one_way();
        assert_eq!(FaultsImpl::one_way_panics(), before + 1);
    }

    fn without_room_for_an_error_the_caller_panics() {
        let panic = catch_unwind(FaultsImpl::panics_without_result).expect_err("no answer");
        let message = panic.downcast_ref::<String>().expect("a text");
        assert_eq!(message, "`Faults::panics_without_result`: panic: no room for it (code -1)");
    }

    fn an_error_of_one_s_own_is_a_value_and_so_is_all_else() {
        assert_eq!(FaultsImpl::halve(4), Ok(2));
        assert_eq!(FaultsImpl::halve(3), Err(Problem::Odd(3)));
        assert_eq!(FaultsImpl::halve(0), Err(Problem::Call("panic: zero (code -1)".into())));
    }
}
