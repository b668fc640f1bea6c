//! Foreign code where no panic may pass: on a thread of C's, or on everybody's.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls it. False: it has panicked, and the panic is gone.
pub fn quietly(call: impl FnOnce()) -> bool {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(()) => true,
        Err(panic) => {
            drop_quietly(panic);
            false
        }
    }
}

/// Drops a panic's payload, whose own `Drop` may panic.
pub fn drop_quietly(mut payload: Box<dyn Any + Send>) {
    /// How often a payload may panic with one more that panics.
    const PATIENCE: usize = 8;
    for _ in 0..PATIENCE {
        match catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            Ok(()) => return,
            Err(again) => payload = again,
        }
    }
    // It would go on for ever.
    let _leaked = Box::into_raw(payload);
}
