//! Faults that the models switch on, to see that they find them. None of it is in a real build.

/// Where a model breaks the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(all(test, loom)),
    allow(dead_code, reason = "named in the protocol, built in models")
)]
pub(super) enum Fault {
    /// The completer takes the waker and wakes it before its answer can be seen.
    WakerBeforeAnswer,
    /// A response that is polled with another waker keeps the first one.
    KeepFirstWaker,
    /// The response does not look for an answer again once its waker is there.
    NoLookAfterWaker,
    /// A response that is dropped frees its slot although a completer is in it.
    FreeWhileClaimed,
    /// The completer answers a response that has let go, and leaves the slot to it.
    AnswerTheDetached,
    /// The completer looks and stores, instead of one exchange.
    LookThenStore,
    /// A slot is used again under its old generation.
    SameGeneration,
    /// The type is not looked at.
    AnyType,
    /// The free list's head has no tag.
    NoTag,
}

#[cfg(all(test, loom))]
thread_local! {
    /// All of a model's threads run on the one thread of its test.
    static FAULT: std::cell::Cell<Option<Fault>> = const { std::cell::Cell::new(None) };
}

/// Switches a fault on, for the model that this thread runs.
#[cfg(all(test, loom))]
pub(super) fn switch_on(fault: Fault) {
    FAULT.set(Some(fault));
}

#[cfg(all(test, loom))]
pub(super) fn on(fault: Fault) -> bool {
    FAULT.get() == Some(fault)
}

#[cfg(not(all(test, loom)))]
#[inline(always)]
pub(super) const fn on(_fault: Fault) -> bool {
    false
}
