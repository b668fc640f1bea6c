//! Which streams there are, by the numbers that their peers have.

use std::any::Any;
use std::sync::{Arc, PoisonError, RwLock};

/// What is registered: a channel of some type.
pub(super) type Registered = Arc<dyn Any + Send + Sync>;

/// So many low bits of a handle are an index; the generation is in the others.
const INDEX_BITS: u32 = 20;
const INDEX_MASK: usize = (1 << INDEX_BITS) - 1;
/// Comes before the first generation, so that the highest bit of a stream's handle is set. Those of
/// async calls count from one, and would take centuries to get there. So no two that a peer is told
/// about have the same handle.
const BEFORE_FIRST: usize = 1 << (usize::BITS - 1 - INDEX_BITS);

static PLACES: RwLock<Places> = RwLock::new(Places { all: Vec::new(), free: Vec::new() });

struct Places {
    all: Vec<Place>,
    /// Indices of those without a stream.
    free: Vec<usize>,
}

/// A place for one stream after the other.
struct Place {
    /// Another for each stream: so a handle never comes again.
    generation: usize,
    stream: Option<Registered>,
}

impl Places {
    /// The place that a handle was made for, if its stream is still there.
    fn find(&self, handle: usize) -> Option<(&Place, &Registered)> {
        let place = self.all.get(handle & INDEX_MASK)?;
        let stream = place.stream.as_ref()?;
        (place.generation == handle >> INDEX_BITS).then_some((place, stream))
    }
}

/// The handle of a new stream; `None` if there are too many.
pub(super) fn add(stream: Registered) -> Option<usize> {
    let mut places = PLACES.write().unwrap_or_else(PoisonError::into_inner);
    let index = match places.free.pop() {
        Some(index) => index,
        None if places.all.len() > INDEX_MASK => return None,
        None => {
            places.all.push(Place { generation: BEFORE_FIRST, stream: None });
            places.all.len() - 1
        }
    };
    let place = &mut places.all[index];
    place.generation += 1; // 2^43 streams in one place would take centuries
    place.stream = Some(stream);
    Some(place.generation << INDEX_BITS | index)
}

/// The stream of a handle, whoever made the handle up.
pub(super) fn find(handle: usize) -> Option<Registered> {
    let places = PLACES.read().unwrap_or_else(PoisonError::into_inner);
    places.find(handle).map(|(_, stream)| Arc::clone(stream))
}

/// Refuses the handle from now on. The stream comes back, for the caller to drop: once.
pub(super) fn remove(handle: usize) -> Option<Registered> {
    let mut places = PLACES.write().unwrap_or_else(PoisonError::into_inner);
    places.find(handle)?;
    let index = handle & INDEX_MASK;
    places.free.push(index);
    places.all[index].stream.take()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use callback_bridge::request;

    use super::*;

    #[test]
    fn a_handle_is_good_until_its_stream_is_removed_and_never_again() {
        let stream: Registered = Arc::new(5_u8);
        let handle = add(Arc::clone(&stream)).expect("there is room");
        assert!(find(handle).is_some_and(|found| Arc::ptr_eq(&found, &stream)));
        for forged in [0, handle ^ 1 << INDEX_BITS, handle ^ INDEX_MASK, usize::MAX] {
            assert!(find(forged).is_none(), "{forged:#x}");
            assert!(remove(forged).is_none(), "{forged:#x}");
        }
        assert!(remove(handle).is_some());
        assert!(find(handle).is_none() && remove(handle).is_none());
        let next = add(Arc::clone(&stream)).expect("there is room");
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
        let stream = || add(Arc::new(5_u8)).expect("there is room");
        let streams: Vec<_> = (0..1000).map(|_| stream()).collect();
        let both: Vec<_> = streams.iter().filter(|handle| calls.contains(handle)).collect();
        assert_eq!(both.len(), 0, "the peer could not tell whose event it is");
        streams.into_iter().for_each(|handle| assert!(remove(handle).is_some()));
    }
}
