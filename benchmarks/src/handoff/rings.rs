//! Rings of samples or bytes. They never wake anybody: a consumer that sleeps looks again after
//! 50 us. rtrb and ringbuf know no blocks; here all of them have one length, and the consumer knows.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bbqueue::traits::bbqhdl::BbqHandle as _;
use ringbuf::traits::{Consumer as _, Observer as _, Producer as _, Split as _};

use super::{Channel, Pull, Push, Sample};

fn sleep_until(mut poll: impl FnMut() -> usize) -> usize {
    loop {
        match poll() {
            0 => thread::sleep(Duration::from_micros(50)),
            count => return count,
        }
    }
}

/// rtrb, a ring of samples.
pub struct Rtrb;

/// rtrb's consumer, and the samples of a block.
pub struct RtrbConsumer(rtrb::Consumer<Sample>, usize);

impl Channel for Rtrb {
    const NAME: &'static str = "rtrb";
    type Producer = rtrb::Producer<Sample>;
    type Consumer = RtrbConsumer;

    fn open(blocks: usize, length: usize) -> (rtrb::Producer<Sample>, RtrbConsumer) {
        let (producer, consumer) = rtrb::RingBuffer::new(blocks * length);
        (producer, RtrbConsumer(consumer, length))
    }
}

impl Push for rtrb::Producer<Sample> {
    #[inline]
    fn push(&mut self, samples: &[Sample]) -> bool {
        self.push_entire_slice(samples).is_ok()
    }
}

impl Pull for RtrbConsumer {
    #[inline]
    fn poll(&mut self, mut visit: impl FnMut(&[Sample])) -> usize {
        let whole = self.0.slots() / self.1;
        if whole == 0 {
            return 0;
        }
        let chunk = self.0.read_chunk(whole * self.1).expect("they are there");
        // The ring holds whole blocks, so none of them wraps around.
        let (first, second) = chunk.as_slices();
        first.chunks_exact(self.1).chain(second.chunks_exact(self.1)).for_each(&mut visit);
        chunk.commit_all();
        whole
    }

    fn wait(&mut self, mut visit: impl FnMut(&[Sample])) -> usize {
        sleep_until(|| self.poll(&mut visit))
    }
}

/// ringbuf, a ring of samples.
pub struct Ringbuf;

/// ringbuf's consumer, and the samples of a block.
pub struct RingbufConsumer(ringbuf::HeapCons<Sample>, usize);

impl Channel for Ringbuf {
    const NAME: &'static str = "ringbuf";
    type Producer = ringbuf::HeapProd<Sample>;
    type Consumer = RingbufConsumer;

    fn open(blocks: usize, length: usize) -> (ringbuf::HeapProd<Sample>, RingbufConsumer) {
        let (producer, consumer) = ringbuf::HeapRb::new(blocks * length).split();
        (producer, RingbufConsumer(consumer, length))
    }
}

impl Push for ringbuf::HeapProd<Sample> {
    #[inline]
    fn push(&mut self, samples: &[Sample]) -> bool {
        self.vacant_len() >= samples.len() && self.push_slice(samples) == samples.len()
    }
}

impl Pull for RingbufConsumer {
    #[inline]
    fn poll(&mut self, mut visit: impl FnMut(&[Sample])) -> usize {
        let whole = self.0.occupied_len() / self.1;
        if whole == 0 {
            return 0;
        }
        let (first, second) = self.0.as_slices();
        let blocks = first.chunks_exact(self.1).chain(second.chunks_exact(self.1));
        blocks.take(whole).for_each(&mut visit);
        self.0.skip(whole * self.1);
        whole
    }

    fn wait(&mut self, mut visit: impl FnMut(&[Sample])) -> usize {
        sleep_until(|| self.poll(&mut visit))
    }
}

/// bbqueue, a ring of bytes in frames of any length.
pub struct Bbqueue;

/// A frame's length: `u16` would be too short.
type Header = usize;
type Ring = Arc<
    bbqueue::BBQueue<
        bbqueue::traits::storage::BoxedSlice,
        bbqueue::traits::coordination::cas::AtomicCoord,
        bbqueue::traits::notifier::polling::Polling,
    >,
>;
/// bbqueue's producer of frames.
pub struct BbqueueProducer(bbqueue::prod_cons::framed::FramedProducer<Ring, Header>);
/// bbqueue's consumer of frames.
pub struct BbqueueConsumer(bbqueue::prod_cons::framed::FramedConsumer<Ring, Header>);

impl Channel for Bbqueue {
    const NAME: &'static str = "bbqueue, framed";
    type Producer = BbqueueProducer;
    type Consumer = BbqueueConsumer;

    fn open(blocks: usize, length: usize) -> (BbqueueProducer, BbqueueConsumer) {
        let bytes = blocks * (size_of::<Sample>() * length + size_of::<Header>());
        let storage = bbqueue::traits::storage::BoxedSlice::new(bytes);
        let ring: Ring = Arc::new(bbqueue::BBQueue::new_with_storage(storage));
        (BbqueueProducer(ring.framed_producer()), BbqueueConsumer(ring.framed_consumer()))
    }
}

impl Push for BbqueueProducer {
    #[inline]
    fn push(&mut self, samples: &[Sample]) -> bool {
        let bytes = size_of_val(samples);
        // SAFETY: samples are plain bytes.
        let bytes = unsafe { std::slice::from_raw_parts(samples.as_ptr().cast::<u8>(), bytes) };
        match self.0.grant(bytes.len()) {
            Ok(mut frame) => {
                frame.copy_from_slice(bytes);
                frame.commit(bytes.len());
                true
            }
            Err(_) => false,
        }
    }
}

impl Pull for BbqueueConsumer {
    #[inline]
    fn poll(&mut self, mut visit: impl FnMut(&[Sample])) -> usize {
        let mut count = 0;
        while let Ok(frame) = self.0.read() {
            // SAFETY: bytes of samples; every pattern is one.
            let (before, samples, after) = unsafe { frame.align_to::<Sample>() };
            assert!(before.is_empty() && after.is_empty(), "frames are aligned for samples");
            visit(samples);
            frame.release();
            count += 1;
        }
        count
    }

    fn wait(&mut self, mut visit: impl FnMut(&[Sample])) -> usize {
        sleep_until(|| self.poll(&mut visit))
    }
}
