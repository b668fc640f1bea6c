//! An end of a connection, described for another language.

use std::ffi::c_void;

use super::connection::Connection;
use super::descriptors::Kind;
use super::events::Events;
use super::region::Ring;

/// An end of a connection that is lent to C or Go, in this process.
///
/// The other language may use it until this is dropped, which closes it in both directions. It may
/// have closed either direction before; closing twice does nothing.
///
/// ```no_run
/// use foreign_call::ring::{Connection, Meta, Options, Peer};
///
/// unsafe extern "C" {
///     /// Attaches to its end, and uses it until the other one is closed.
///     fn serve(end: *const Meta);
/// }
///
/// let (mut ours, theirs) = Connection::with_descriptors(&Options::new(64, 32))?;
/// let thread = std::thread::spawn(move || {
///     let theirs = Peer::new(theirs);
///     // SAFETY: the end is alive until C has returned.
///     unsafe { serve(&theirs.meta()) };
/// });
/// ours.sender.send(b"question")?;
/// println!("{:?}", ours.receiver.recv()?);
/// drop(ours);
/// thread.join().expect("no panic");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Peer(Connection<Events>);

/// What the other language needs to be an end of a connection: `foreign_call_ring_meta` in C.
///
/// Good for as long as its [`Peer`] lives. The other language attaches to it once, owns neither the
/// memory nor the descriptors, and closes none of them.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Meta {
    /// The bytes of each of the two rings.
    pub ring_bytes: u64,
    /// 0: the descriptors are eventfds. 1: they are sockets.
    pub sockets: u32,
    /// Zero.
    pub zero: u32,
    /// The ring into which this end sends.
    pub send: MetaEnd,
    /// The ring from which it receives.
    pub receive: MetaEnd,
}

/// One ring as one end has it: `foreign_call_ring_meta_end` in C.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct MetaEnd {
    /// Where its header is.
    pub ring: *mut c_void,
    /// The descriptor that becomes readable when this end is woken.
    pub wait: i32,
    /// The descriptor that wakes the other end: 8 bytes, the number 1, into an eventfd; one byte into
    /// a socket.
    pub wake: i32,
}

const _: () = assert!(size_of::<Meta>() == 48 && size_of::<MetaEnd>() == 16);

// SAFETY: it says where an end is. To use the pointer is unsafe.
unsafe impl Send for Meta {}
// SAFETY: as above.
unsafe impl Sync for Meta {}

impl Peer {
    /// Lends this end. Nothing was sent through it or received from it before.
    ///
    /// # Panics
    ///
    /// If something was.
    pub fn new(end: Connection<Events>) -> Peer {
        assert!(end.sender.is_unused() && end.receiver.is_unused(), "this end is in use");
        Peer(end)
    }

    /// What the other language attaches to.
    pub fn meta(&self) -> Meta {
        let Connection { sender, receiver } = &self.0;
        Meta {
            ring_bytes: sender.ring().shape().ring_bytes() as u64,
            sockets: u32::from(sender.notify().descriptors().kind() == Kind::Sockets),
            zero: 0,
            send: end(sender.ring(), sender.notify()),
            receive: end(receiver.ring(), receiver.notify()),
        }
    }
}

fn end(ring: &Ring, events: &Events) -> MetaEnd {
    let (wait, wake) = events.descriptors().numbers();
    MetaEnd { ring: ring.start().as_ptr().cast(), wait, wake }
}
