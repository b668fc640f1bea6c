//! Two rings, one in each direction.

use std::sync::Arc;

use super::local::Local;
use super::notify::Notify;
use super::options::Options;
use super::receiver::Receiver;
use super::region::{Region, Ring};
use super::sender::Sender;

/// One end of two rings: what is sent here is received there, and the other way round.
///
/// The two are independent of each other, and may go to different threads.
#[derive(Debug)]
pub struct Connection<N: Notify = Local> {
    /// To the other end.
    pub sender: Sender<N>,
    /// From the other end.
    pub receiver: Receiver<N>,
}

/// Who sends into which ring of a region.
pub(super) const FIRST_SENDS: usize = 0;
pub(super) const SECOND_SENDS: usize = 1;
/// Of a connection.
pub(super) const RINGS: usize = 2;

impl<N: Notify> Connection<N> {
    /// The end that sends into the one ring of the region, and receives from the other.
    pub(super) fn new(
        region: &Arc<Region>,
        options: &Options,
        (sends, sending): (usize, N),
        receiving: N,
    ) -> Connection<N> {
        let ring = |number| Ring::new(region, number, N::fence());
        let sender = Sender::new(ring(sends), options, sending);
        let receiver = Receiver::new(ring(1 - sends), receiving);
        Connection { sender, receiver }
    }
}

impl Connection {
    /// Both ends in this process, and in Rust.
    ///
    /// ```
    /// use foreign_call::ring::{Connection, Options};
    ///
    /// let (mut here, mut there) = Connection::pair(&Options::new(16, 8));
    /// here.sender.send(b"question")?;
    /// assert_eq!(there.receiver.recv()?, b"question");
    /// there.sender.send(b"answer")?;
    /// assert_eq!(here.receiver.recv()?, b"answer");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn pair(options: &Options) -> (Connection, Connection) {
        let region = Arc::new(Region::heap(options.shape, RINGS));
        let (one_sends, two_receives) = Local::pair();
        let (two_sends, one_receives) = Local::pair();
        let one = Connection::new(&region, options, (FIRST_SENDS, one_sends), one_receives);
        let two = Connection::new(&region, options, (SECOND_SENDS, two_sends), two_receives);
        (one, two)
    }
}

#[cfg(all(unix, not(loom)))]
mod with_descriptors {
    use std::io;

    use super::super::events::Events;
    use super::*;

    impl Connection<Events> {
        /// Both ends in this process, woken through descriptors: for a reactor of one's own, or for
        /// another language, to which one of the ends is lent ([`Peer`](super::super::Peer)).
        ///
        /// A connection has four eventfds, or four sockets where there are none.
        ///
        /// # Errors
        ///
        /// The system has no more descriptors.
        pub fn with_descriptors(
            options: &Options,
        ) -> io::Result<(Connection<Events>, Connection<Events>)> {
            let region = Arc::new(Region::heap(options.shape, RINGS));
            let (one_sends, two_receives) = Events::pair()?;
            let (two_sends, one_receives) = Events::pair()?;
            let one = Connection::new(&region, options, (FIRST_SENDS, one_sends), one_receives);
            let two = Connection::new(&region, options, (SECOND_SENDS, two_sends), two_receives);
            Ok((one, two))
        }
    }
}
