//! Callbacks for C APIs that pass no user data.

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;

use super::builder::builder;
use super::callback::CloseOnUnwind;
use super::error::{Full, RegisterError};
use super::fallback::{Fallback, UseDefault};
use super::forever::{Forever, Leaked};
use super::kind::{Call, CallMut, CallOnce, CallShared, Guarded, Kind, Once, Shared};
use super::options::{AnyThread, Options, ThunkParts};
use super::plain_prototype::PlainPrototype;
use super::pool::Reserved;
use super::refusal::Refusal;
use super::registration::Registration;
use super::seat::key_of_thunk;
use super::thunk_pool::{self, SLOTS};
use super::unregister::Unregister;

/// A closure for a C API that passes no user data: a plain function pointer is all that C gets.
///
/// The function is one of 64 ([`Thunk::CAPACITY`]) that were compiled for its signature; nothing is
/// generated at run time, so it works where memory must not be both writable and executable. A
/// function serves another closure only after unregistering has guaranteed that no call follows, and
/// only one of the same signature. If that guarantee is broken, the late call is refused or reaches
/// the new closure, with arguments of the right types.
///
/// # Examples
///
/// ```
/// use callback_bridge::closure::Thunk;
///
/// # mod device {
/// #     pub type OnBlock = unsafe extern "C" fn(*const i16, usize);
/// #     static SET: std::sync::Mutex<Option<OnBlock>> = std::sync::Mutex::new(None);
/// #     pub unsafe fn device_start(on_block: OnBlock) -> i32 {
/// #         *SET.lock().unwrap() = Some(on_block);
/// #         0
/// #     }
/// #     pub unsafe fn device_stop() {
/// #         *SET.lock().unwrap() = None;
/// #     }
/// #     pub fn a_block_is_full(samples: &[i16]) {
/// #         let on_block = SET.lock().unwrap().unwrap();
/// #         unsafe { on_block(samples.as_ptr(), samples.len()) }
/// #     }
/// # }
/// # use device::{a_block_is_full, device_start, device_stop};
/// // void (*)(const int16_t *samples, size_t count)
/// let (sender, receiver) = std::sync::mpsc::channel();
/// let thunk = Thunk::new(move |samples: *const i16, count: usize| {
///     // SAFETY: the device lends `count` samples while the callback runs.
///     let samples = unsafe { std::slice::from_raw_parts(samples, count) };
///     let _ = sender.send(samples.to_vec());
/// });
/// let registration = thunk.register(|on_block| {
///     // SAFETY: the device calls it with samples that it lends for that long.
///     match unsafe { device_start(on_block) } {
///         // SAFETY: it was started. It returns after the last callback.
///         0 => Ok(|| unsafe { device_stop() }),
///         status => Err(status),
///     }
/// });
/// # a_block_is_full(&[1, 2]);
/// assert_eq!(receiver.recv()?, [1, 2]);
/// # drop(registration);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Thunk<K: Kind, Args, G = UseDefault> {
    options: Options<K, G>,
    args: PhantomData<fn(Args)>,
}

impl Thunk<Guarded<()>, ()> {
    /// How many thunks there are, in the whole process and over all signatures.
    ///
    /// One is used up until the process ends, each time that unregistering ends with
    /// [`Aftermath::CallsMayFollow`](super::Aftermath::CallsMayFollow), an error or a panic (it is
    /// retired then, and [counted](super::Statistics::retired_thunks)), or that a registration is
    /// [detached](Registration::detach). So where C gives no better guarantee, 64 rounds of registering
    /// and unregistering leave no thunk. There, register once, with [`Thunk::forever`], and let the
    /// closure look for whom the call is.
    // The number, not a name for it: this is how the documentation shows it.
    pub const CAPACITY: usize = 64;
}

builder!(Thunk, PlainPrototype);

impl<K: Kind + Call<Args>, Args: PlainPrototype, G: Fallback<K::Output>> Thunk<K, Args, G> {
    /// As [`Callback::register`](super::Callback::register), without user data.
    ///
    /// # Errors
    ///
    /// C's, or that all thunks are in use.
    pub fn register<U, E>(
        self,
        register: impl FnOnce(Args::Function<K::Output>) -> Result<U, E>,
    ) -> Result<Registration<U>, RegisterError<E>>
    where
        K: AnyThread,
        U: Unregister,
    {
        let Some((room, slot)) = Self::reserve() else { return Err(RegisterError::Full) };
        let mut slot = GiveBack { slot, no_call_follows: false };
        let close = CloseOnUnwind(self.options.open_thunk(room, Self::parts(slot.slot)));
        SLOTS[slot.slot].store(close.0, Args::standing::<K, G>());
        let unregister = match register(Args::thunk::<K::Output>(slot.slot)) {
            Ok(unregister) => unregister,
            Err(error) => {
                // C has refused it, so C will not call it.
                drop(close);
                slot.no_call_follows = true;
                return Err(RegisterError::Library(error));
            }
        };
        let slot = std::mem::ManuallyDrop::new(slot).slot;
        Ok(Registration::new(close.keep(), Some(slot), unregister))
    }

    /// Lends the closure to C for as long as `call` runs: for C functions that call back only before
    /// they return, on the same thread.
    ///
    /// The closure may borrow, need not be `Send`, and nothing is allocated. A call from another thread
    /// is refused and counted.
    ///
    /// A call after `call` has returned never reaches this closure, but it may reach another one: the
    /// next thunk of the same signature gets this one's function. (A late call to a
    /// [`Callback`](super::Callback) is always refused, since its user data tells.) So where C may call
    /// later, after unsetting a handler for instance, use [`register`](Thunk::register) with an
    /// unregistering closure that returns [`CallsMayFollow`](super::Aftermath::CallsMayFollow).
    ///
    /// # Panics
    ///
    /// If the closure has panicked: with that panic, after `call` has returned. If `call` panics: C may
    /// have kept the function, so the thunk is retired.
    ///
    /// # Errors
    ///
    /// All thunks are in use.
    pub fn scope<T>(self, call: impl FnOnce(Args::Function<K::Output>) -> T) -> Result<T, Full> {
        let Some((room, slot)) = Self::reserve() else { return Err(Full) };
        let mut slot = GiveBack { slot, no_call_follows: false };
        let thunk = Args::thunk::<K::Output>(slot.slot);
        let parts = Self::parts(slot.slot);
        Ok(self.options.scope_thunk(room, parts, |handle| {
            SLOTS[slot.slot].store(handle, Args::standing::<K, G>());
            let answer = call(thunk);
            slot.no_call_follows = true;
            answer
        }))
    }

    fn parts(slot: usize) -> ThunkParts {
        ThunkParts {
            key: key_of_thunk(slot),
            trampoline: Args::seated::<K, G>(),
            closed: Args::closed::<K::Output>(),
        }
    }

    fn reserve() -> Option<(Reserved, usize)> {
        let room = Reserved::new()?;
        Some((room, thunk_pool::take(TypeId::of::<Args::Function<K::Output>>())?))
    }
}

impl<F, Args, G> Thunk<Shared<F>, Args, G>
where
    F: CallShared<Args> + Send + Sync + 'static,
    Args: PlainPrototype,
    G: Fallback<F::Output>,
{
    /// As [`Callback::forever`](super::Callback::forever), without user data. The thunk is used up.
    ///
    /// # Errors
    ///
    /// C's, or that all thunks are in use.
    pub fn forever<E>(
        self,
        register: impl FnOnce(Args::Function<F::Output>) -> Result<(), E>,
    ) -> Result<&'static Forever, RegisterError<E>> {
        // One that was never used: a late call could bring an older handle, which is no address.
        let signature = TypeId::of::<Args::Function<F::Output>>();
        let Some(slot) = thunk_pool::take_new(signature) else {
            return Err(RegisterError::Full);
        };
        let (forever, address) = Leaked::leak(self.options.closure);
        SLOTS[slot].store(address, Args::forever::<F, G>());
        // A panic in `register` leaves the slot to C as well.
        register(Args::forever_thunk::<F::Output>(slot)).map_err(RegisterError::Library)?;
        Ok(forever)
    }
}

/// Gives a slot back. Declared before what closes the callback, so it goes after that.
struct GiveBack {
    slot: usize,
    no_call_follows: bool,
}

impl Drop for GiveBack {
    fn drop(&mut self) {
        thunk_pool::give_back(self.slot, self.no_call_follows);
    }
}
