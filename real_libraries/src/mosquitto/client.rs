//! A client: closures as the library's callbacks, and the stream that they feed.

use std::ffi::{CStr, CString, c_int, c_void};
use std::fmt;
use std::io;
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};

use callback_bridge::closure::{Callback, CallbackSet, RegisterError, UserData};
use callback_bridge::handoff::{BoxedSubscription, Builder, Overflow, Stats, Subscription};
use tokio_stream::Stream;

use super::events::{Event, connected, disconnected, head, record_size};
use super::ffi;

/// The bytes that topic and payload of each of the messages in the ring may have. Longer ones take
/// the room of several.
const BYTES: usize = 512;

/// How hard library and broker try that a message arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// It is sent, and may be lost with the connection.
    AtMostOnce = 0,
    /// It is sent until the receiver has said that it is there, so it may come twice.
    AtLeastOnce = 1,
}

/// Why something was not done.
#[derive(Debug)]
pub enum Error {
    /// What the library said, and its code.
    Library(c_int, String),
    /// What the system said.
    System(io::Error),
    /// The payload is longer than the protocol allows.
    TooLong,
    /// `callback_bridge` has no room for one more callback.
    NoRoom,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Library(code, message) => write!(f, "mosquitto says {code}: {message}"),
            Error::System(error) => error.fmt(f),
            Error::TooLong => f.write_str("the payload is too long"),
            Error::NoRoom => f.write_str("there is no room for one more callback"),
        }
    }
}

impl std::error::Error for Error {}

fn check(code: c_int) -> Result<(), Error> {
    /// `MOSQ_ERR_ERRNO`: `errno` tells more.
    const ERRNO: c_int = 14;
    match code {
        0 => Ok(()),
        ERRNO => Err(Error::System(io::Error::last_os_error())),
        code => {
            // SAFETY: it takes any number.
            let message = unsafe { ffi::mosquitto_strerror(code) };
            // SAFETY: a sentence that the library never frees.
            let message = unsafe { CStr::from_ptr(message) };
            Err(Error::Library(code, message.to_string_lossy().into_owned()))
        }
    }
}

/// The library's client. Its functions lock what they use, once it has a thread.
#[derive(Debug)]
struct Handle(NonNull<ffi::Mosquitto>);

// SAFETY: see above; what must come before the thread does so in `Client::connect`.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Handle {
    fn new() -> Result<Handle, Error> {
        static INITIALISED: OnceLock<c_int> = OnceLock::new();
        // SAFETY: once, before anything else of the library.
        check(*INITIALISED.get_or_init(|| unsafe { ffi::mosquitto_lib_init() }))?;
        // SAFETY: it makes up an id of its own; the user data comes later.
        let handle = unsafe { ffi::mosquitto_new(ptr::null(), true, ptr::null_mut()) };
        NonNull::new(handle).map(Handle).ok_or_else(|| Error::System(io::Error::last_os_error()))
    }

    /// Ends the library's thread; it has called for the last time then.
    fn stop(&self) -> Result<(), Error> {
        // SAFETY: the handle lives. Not being connected is no error here: either way, the thread is
        // told to end.
        unsafe { ffi::mosquitto_disconnect(self.0.as_ptr()) };
        // SAFETY: the handle lives. Not by force, which would cancel the thread where it stands, in
        // a callback perhaps.
        check(unsafe { ffi::mosquitto_loop_stop(self.0.as_ptr(), false) })
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: it is the last one who has the handle, and its thread has ended: whoever started
        // it holds the handle until then.
        unsafe { ffi::mosquitto_destroy(self.0.as_ptr()) };
    }
}

/// A client that is subscribed to a topic: a stream of [`Event`]s.
///
/// Messages and connection have a ring each, so messages that find no room take none of the
/// connection's; order holds within each of the two.
///
/// Dropping it releases a callback that waits for room, says goodbye to the broker, and waits for
/// the library's thread, which takes the time that a callback takes.
#[derive(Debug)]
pub struct Client {
    /// The three callbacks, and what they hand over. A callback that waits for room would hold up
    /// the thread that `stop` waits for: a `Subscription` lets it go first.
    events: BoxedSubscription<u8, Error>,
    handle: Arc<Handle>,
}

/// Publishes through a [`Client`], also from other threads.
#[derive(Clone, Debug)]
pub struct Publisher(Arc<Handle>);

impl Client {
    /// Connects to the broker on that port of this machine, and subscribes whenever the broker has
    /// answered. There is room for at least `room` messages of 512 bytes, topic included.
    ///
    /// # Errors
    ///
    /// What the library or the system said; nobody listens, for instance.
    pub fn connect(
        port: u16,
        topic: &CStr,
        room: usize,
        overflow: Overflow,
    ) -> Result<Client, Error> {
        let handle = Arc::new(Handle::new()?);
        let (mut messages, mut consumer) =
            Builder::new(room, record_size(BYTES)).overflow(overflow).build::<u8>();
        // Two closures push to it, seldom; only the library's thread ever has the lock.
        let connects = Arc::new(Mutex::new(consumer.add_producer()));
        let disconnects = Arc::clone(&connects);
        let topic = CString::from(topic);

        // What finds no room is counted by the hand-off, so the answers to `push` are not needed.
        let set = CallbackSet::new((
            // void (*)(struct mosquitto *, void *user_data, int code)
            Callback::new(move |client: *mut ffi::Mosquitto, _: UserData, code: c_int| {
                if code == 0 {
                    // SAFETY: the client that calls; it copies the topic. If it fails, then because
                    // the connection has gone again, and the next one comes by here.
                    unsafe {
                        ffi::mosquitto_subscribe(
                            client,
                            ptr::null_mut(),
                            topic.as_ptr(),
                            Quality::AtLeastOnce as c_int,
                        )
                    };
                }
                let mut connects = connects.lock().unwrap_or_else(PoisonError::into_inner);
                let _ = connects.push(&connected(code));
            }),
            // void (*)(struct mosquitto *, void *user_data, int code)
            Callback::new(move |_: *mut ffi::Mosquitto, _: UserData, code: c_int| {
                let mut disconnects = disconnects.lock().unwrap_or_else(PoisonError::into_inner);
                let _ = disconnects.push(&disconnected(code));
            }),
            // void (*)(struct mosquitto *, void *user_data, const struct mosquitto_message *)
            Callback::new(
                move |_: *mut ffi::Mosquitto, _: UserData, message: *const ffi::Message| {
                    // SAFETY: the library's, until the callback returns.
                    let message = unsafe { &*message };
                    // SAFETY: a C string, as long as the message.
                    let topic = unsafe { CStr::from_ptr(message.topic) };
                    let length = usize::try_from(message.payloadlen).unwrap_or(0);
                    let payload = match NonNull::new(message.payload.cast::<u8>()) {
                        // SAFETY: so many bytes, as long as the message.
                        Some(at) => unsafe { slice::from_raw_parts(at.as_ptr(), length) },
                        None => &[],
                    };
                    let topic = topic.to_bytes();
                    let _ = messages.push_parts(&[&head(topic), topic, payload]);
                },
            ),
        ));
        let kept = Arc::clone(&handle);
        let registered = set.register(move |(on_connect, on_disconnect, on_message), user_data| {
            let client = kept.0.as_ptr();
            // SAFETY: the client lives and has no thread yet. It passes this user data to these
            // three functions only, from its thread, and `stop` ends that.
            unsafe { ffi::mosquitto_user_data_set(client, user_data) };
            // SAFETY: as above.
            unsafe { ffi::mosquitto_connect_callback_set(client, Some(on_connect)) };
            // SAFETY: as above.
            unsafe { ffi::mosquitto_disconnect_callback_set(client, Some(on_disconnect)) };
            // SAFETY: as above.
            unsafe { ffi::mosquitto_message_callback_set(client, Some(on_message)) };
            // SAFETY: the client lives. It tries again after a second, and no less often later.
            check(unsafe { ffi::mosquitto_reconnect_delay_set(client, 1, 1, false) })?;
            // SAFETY: the client lives, and copies the name.
            check(unsafe {
                ffi::mosquitto_connect(client, c"127.0.0.1".as_ptr(), port.into(), 60)
            })?;
            // SAFETY: the client lives until its thread has ended: the closure below holds it.
            check(unsafe { ffi::mosquitto_loop_start(client) })?;
            Ok(move || {
                let stopped = kept.stop();
                if stopped.is_err() {
                    // The thread may still use the client: it stays for ever.
                    let _ = Arc::into_raw(kept);
                }
                stopped
            })
        });
        match registered {
            Ok(callbacks) => {
                Ok(Client { events: Subscription::new(consumer, callbacks.boxed()), handle })
            }
            Err(RegisterError::Full) => Err(Error::NoRoom),
            Err(RegisterError::Library(error)) => Err(error),
        }
    }

    /// For publishing through this client.
    pub fn publisher(&self) -> Publisher {
        Publisher(Arc::clone(&self.handle))
    }

    /// What the hand-off has counted, of messages and connection together.
    pub fn stats(&self) -> Stats {
        self.events.stats()
    }

    /// Calls that were refused, and panics.
    pub fn counts(&self) -> callback_bridge::closure::Counts {
        self.events.registration().counts()
    }
}

impl Publisher {
    /// Publishes a message. The library copies it and sends it from its thread.
    ///
    /// # Errors
    ///
    /// What the library said; there is no connection, for instance.
    pub fn publish(&self, topic: &CStr, payload: &[u8], quality: Quality) -> Result<(), Error> {
        let length = c_int::try_from(payload.len()).map_err(|_| Error::TooLong)?;
        let (client, bytes) = (self.0.0.as_ptr(), payload.as_ptr().cast::<c_void>());
        let (nowhere, quality) = (ptr::null_mut(), quality as c_int);
        // SAFETY: the client lives, and copies topic and payload.
        let code = unsafe {
            ffi::mosquitto_publish(client, nowhere, topic.as_ptr(), length, bytes, quality, false)
        };
        check(code)
    }
}

impl Stream for Client {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        let block = ready!(self.events.poll_recv(context));
        // Each record was written by `connect`, so it can be read.
        Poll::Ready(block.ok().and_then(|block| Event::read(&block)))
    }
}
