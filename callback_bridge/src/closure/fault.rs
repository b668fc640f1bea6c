//! What the models leave out of the protocol to see it fail. In a build for use nothing is left out.

/// A part of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The thread's half of the barrier, on entering and on leaving.
    #[cfg(loom)]
    LightFence,
    /// The fence between remembering a callback and looking at its gate.
    FenceWhenSittingDown,
    /// The fence between leaving and looking who else is inside.
    FenceWhenLeaving,
    /// The second look at the gate, after a call has counted itself in.
    SecondLook,
    /// The comparison of the generation: any open gate lets every handle in.
    Generation,
    /// Whose thread it is that calls a callback of one thread.
    Owner,
    /// The barrier before a callback is taken from its owning thread.
    Revocation,
    /// The note in its own seat of a thread that ends an exclusive callback inside of it.
    Ended,
    /// The look whether a seat that is interrupted has gone on to another callback.
    OtherCallback,
}

/// Whether the running model leaves this part out.
#[cfg(not(all(test, loom)))]
#[inline(always)]
pub(crate) fn broken(_: Fault) -> bool {
    false
}

#[cfg(all(test, loom))]
pub(crate) use for_models::{broken, without};

#[cfg(all(test, loom))]
mod for_models {
    use std::cell::Cell;

    use super::Fault;

    std::thread_local! {
        // loom runs all threads of a model on the thread that called it.
        static LEFT_OUT: Cell<Option<Fault>> = const { Cell::new(None) };
    }

    pub(crate) fn broken(fault: Fault) -> bool {
        LEFT_OUT.get() == Some(fault)
    }

    /// Runs a model without this part.
    pub(crate) fn without(fault: Fault, model: impl FnOnce()) {
        struct Restore;
        impl Drop for Restore {
            fn drop(&mut self) {
                LEFT_OUT.set(None);
            }
        }
        LEFT_OUT.set(Some(fault));
        let _restore = Restore;
        model();
    }
}
