//! Which streams there are, by the numbers that their peers have.

use std::any::Any;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::channel::Waited;
use super::room::{OWN_BITS, Room};

/// What is registered: a channel of some type.
pub(super) trait Registered: Any + Send + Sync {
    /// Neither side has ended it.
    fn is_open(&self) -> bool;
    /// Blocks this thread until there is room, or it has ended, or the time is up.
    fn wait_for_room(&self, time: Duration) -> Waited;
}

/// A stream's own, until it is removed.
#[derive(Debug, Clone, Copy)]
pub(in crate::call) struct Place {
    pub(in crate::call) handle: usize,
    pub(in crate::call) room: &'static Room,
}

/// So many low bits of a handle are an index; the generation is in the others.
const INDEX_BITS: u32 = OWN_BITS;
const INDEX_MASK: usize = (1 << INDEX_BITS) - 1;
/// Comes before the first generation, so that the highest bit of a stream's handle is set. Those of
/// async calls count from one, and would take centuries to get there. So no two that a peer is told
/// about have the same handle.
const BEFORE_FIRST: usize = 1 << (usize::BITS - 1 - INDEX_BITS);

static ENTRIES: RwLock<Entries> = RwLock::new(Entries { all: Vec::new(), free: Vec::new() });

struct Entries {
    all: Vec<Entry>,
    /// Indices of those without a stream.
    free: Vec<usize>,
}

/// For one stream after the other.
struct Entry {
    /// Another for each stream: so a handle never comes again.
    generation: usize,
    stream: Option<Arc<dyn Registered>>,
    /// Never freed, as a late peer may look at it.
    room: &'static Room,
}

impl Entries {
    /// The entry that a handle was made for, if its stream is still there.
    fn find(&self, handle: usize) -> Option<(&Entry, &Arc<dyn Registered>)> {
        let entry = self.all.get(handle & INDEX_MASK)?;
        let stream = entry.stream.as_ref()?;
        (entry.generation == handle >> INDEX_BITS).then_some((entry, stream))
    }
}

/// Registers the stream that is made for a place, with room for so many items; `None` if there are too
/// many streams.
pub(super) fn add<C: Registered>(
    room: usize,
    make: impl FnOnce(Place) -> Arc<C>,
) -> Option<Arc<C>> {
    let mut entries = ENTRIES.write().unwrap_or_else(PoisonError::into_inner);
    let index = match entries.free.pop() {
        Some(index) => index,
        None if entries.all.len() > INDEX_MASK => return None,
        None => {
            let room = Box::leak(Box::new(Room::new()));
            entries.all.push(Entry { generation: BEFORE_FIRST, stream: None, room });
            entries.all.len() - 1
        }
    };
    let entry = &mut entries.all[index];
    entry.generation += 1; // 2^43 streams in one entry would take centuries
    let place = Place { handle: entry.generation << INDEX_BITS | index, room: entry.room };
    place.room.open(place.handle, room);
    let stream = make(place);
    entry.stream = Some(stream.clone());
    Some(stream)
}

/// The stream of a handle, whoever made the handle up.
pub(super) fn find(handle: usize) -> Option<Arc<dyn Registered>> {
    let entries = ENTRIES.read().unwrap_or_else(PoisonError::into_inner);
    entries.find(handle).map(|(_, stream)| Arc::clone(stream))
}

/// Refuses the handle from now on. The stream comes back, for the caller to drop: once.
pub(super) fn remove(handle: usize) -> Option<Arc<dyn Registered>> {
    let mut entries = ENTRIES.write().unwrap_or_else(PoisonError::into_inner);
    let (entry, _) = entries.find(handle)?;
    entry.room.close();
    let index = handle & INDEX_MASK;
    entries.free.push(index);
    entries.all[index].stream.take()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use callback_bridge::request;

    use super::*;

    struct Stream(Place);

    impl Registered for Stream {
        fn is_open(&self) -> bool {
            true
        }

        fn wait_for_room(&self, _: Duration) -> Waited {
            Waited::Ended
        }
    }

    fn new_stream() -> Arc<Stream> {
        add(2, |place| Arc::new(Stream(place))).expect("there is room")
    }

    #[test]
    fn a_handle_is_good_until_its_stream_is_removed_and_never_again() {
        let stream = new_stream();
        let handle = stream.0.handle;
        assert!(find(handle).is_some());
        for forged in [0, handle ^ 1 << INDEX_BITS, handle ^ INDEX_MASK, usize::MAX] {
            assert!(find(forged).is_none(), "{forged:#x}");
            assert!(remove(forged).is_none(), "{forged:#x}");
        }
        assert!(remove(handle).is_some());
        assert!(find(handle).is_none() && remove(handle).is_none());
        let next = new_stream().0.handle;
        assert_ne!(next, handle);
        assert!(find(handle).is_none());
        assert!(remove(next).is_some());
        assert_eq!(Arc::strong_count(&stream), 1, "nothing is left");
    }

    #[test]
    fn no_stream_has_the_handle_of_an_async_call() {
        let calls: Vec<_> =
            (0..1000).map(|_| request::try_completion::<u8>().expect("there is room")).collect();
        let calls: HashSet<_> = calls.iter().map(|(it, _)| it.handle().as_usize()).collect();
        let streams: Vec<_> = (0..1000).map(|_| new_stream().0.handle).collect();
        let both: Vec<_> = streams.iter().filter(|handle| calls.contains(handle)).collect();
        assert_eq!(both.len(), 0, "the peer could not tell whose event it is");
        streams.into_iter().for_each(|handle| assert!(remove(handle).is_some()));
    }
}
