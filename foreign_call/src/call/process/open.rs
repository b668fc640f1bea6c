//! The calls that the other process has. It knows each by a ticket, which means nothing elsewhere.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard, PoisonError};

use callback_bridge::quiet::quietly;
use callback_bridge::request::{Completion, Handle};

use super::unpack::Unpacker;
use crate::call::later;
use crate::call::raw::{ANSWERED, Answer, AnswerFunction, FAILED, FailureRef, refuse};
use crate::convert::ConvertError;
use crate::ring::Disconnected;
use crate::{CallError, FromRef, View};

/// How a call for one type of answer ends.
#[derive(Debug)]
pub(super) struct Answering {
    view: fn(&mut Unpacker<'_>) -> Result<*const c_void, ConvertError>,
    answer: AnswerFunction,
    fail: fn(handle: usize, why: CallError),
}

/// For answers of this type.
pub(super) const fn answering<T: FromRef + Send + 'static>() -> Answering {
    Answering { view: view::<T::Ref<'static>>, answer: later::answer::<T>, fail: fail::<T> }
}

fn view<V: View>(message: &mut Unpacker<'_>) -> Result<*const c_void, ConvertError> {
    message.view::<V>().map(<*const V>::cast)
}

/// Ends a call without an answer, if somebody waits for it.
fn fail<T: Send + 'static>(handle: usize, why: CallError) {
    let Some(completion) = Completion::<Answer<T>>::from_raw(Handle::from_usize(handle)) else {
        return;
    };
    if let Err(refused) = completion.complete(Err(Box::new(why))) {
        quietly(|| drop(refused));
    }
}

/// What the answer to a ticket is for.
#[derive(Debug)]
struct Waiting {
    handle: usize,
    answering: &'static Answering,
}

/// The calls of one session.
#[derive(Debug, Default)]
pub(super) struct Open(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    by_ticket: HashMap<u64, Waiting>,
    /// No two calls of a session have the same.
    last_ticket: u64,
    ended: Option<Disconnected>,
}

/// A call in the table. Dropped, it is taken out: whoever answers then is refused.
#[derive(Debug)]
pub(super) struct Ticket<'a> {
    open: &'a Open,
    number: u64,
}

impl Open {
    /// Puts a call into the table.
    ///
    /// # Errors
    ///
    /// The session has ended.
    pub(super) fn open(
        &self,
        handle: usize,
        answering: &'static Answering,
    ) -> Result<Ticket<'_>, Disconnected> {
        let mut table = self.table();
        if let Some(why) = table.ended {
            return Err(why);
        }
        table.last_ticket += 1;
        let number = table.last_ticket;
        table.by_ticket.insert(number, Waiting { handle, answering });
        Ok(Ticket { open: self, number })
    }

    /// An answer has come. One that is for no call is refused, and counted.
    pub(super) fn answer(&self, ticket: u64, status: u32, message: &mut Unpacker<'_>) {
        let Some(Waiting { handle, answering }) = self.table().by_ticket.remove(&ticket) else {
            refuse();
            return;
        };
        let view = match status {
            ANSWERED => (answering.view)(message),
            FAILED => view::<FailureRef<'_>>(message),
            _ => Ok(std::ptr::null()),
        };
        match view {
            // SAFETY: a view, if the status says that there is one, which the message keeps; all that
            // it leads to was checked.
            Ok(view) => drop(unsafe { (answering.answer)(handle, status, view) }),
            Err(error) => (answering.fail)(handle, CallError::Invalid(error)),
        }
    }

    /// Nothing will be answered any more.
    pub(super) fn end(&self, why: Disconnected) {
        let mut table = self.table();
        table.ended = Some(why);
        let left = std::mem::take(&mut table.by_ticket);
        drop(table);
        // This wakes, so without the lock.
        for Waiting { handle, answering } in left.into_values() {
            (answering.fail)(handle, CallError::Gone(why));
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket<'_> {
    pub(super) fn ticket(&self) -> u64 {
        self.number
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.open.table().by_ticket.remove(&self.number);
    }
}
