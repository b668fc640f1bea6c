//! What the hand-off promises to whoever is woken: threads, tasks and their wakers.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use callback_bridge::handoff::{Builder, Consumer, Ended, Overflow, Producer, WakeUps, channel};
use futures_util::StreamExt;

fn fill(producer: &mut Producer<i32>) -> i32 {
    (0..).find(|n| producer.push(&[*n]).is_err()).expect("it is full at last")
}

/// Counts how often it was woken.
#[derive(Default)]
struct Woken(AtomicU64);

impl Wake for Woken {
    fn wake(self: Arc<Woken>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn poll_once(consumer: &mut Consumer<i32>, waker: &Waker) -> Option<Vec<i32>> {
    let mut context = Context::from_waker(waker);
    match pin!(consumer.recv_async()).poll(&mut context) {
        Poll::Ready(block) => Some(block.expect("no end").to_vec()),
        Poll::Pending => None,
    }
}

#[test]
fn a_push_wakes_once_and_only_who_waits() {
    let (mut producer, mut consumer) = channel::<i32>(8, 1);
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    producer.push(&[0]).expect("room");
    assert_eq!(producer.stats().wake_ups, 0, "nobody waits");
    {
        drop(consumer.recv());
        let mut context = Context::from_waker(&waker);
        let mut future = pin!(consumer.recv_async());
        assert!(future.as_mut().poll(&mut context).is_pending());
        for n in 1..4 {
            producer.push(&[n]).expect("room");
        }
        assert_eq!(woken.0.load(Ordering::Relaxed), 1, "the first one wakes");
        assert!(future.as_mut().poll(&mut context).is_ready());
    }
    // A cancelled wait: nobody is woken, nothing is lost.
    drop(consumer.batch(9));
    assert_eq!(poll_once(&mut consumer, &waker), None);
    producer.push(&[4]).expect("room");
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    assert_eq!(poll_once(&mut consumer, &waker), Some(vec![4]));
    assert_eq!(consumer.stats().wake_ups, 1);
}

#[test]
fn the_waker_of_the_last_poll_is_the_one_that_is_woken() {
    let (mut producer, mut consumer) = channel::<i32>(8, 1);
    let wakers: Vec<_> = (0..3).map(|_| Arc::new(Woken::default())).collect();
    let mut future = pin!(consumer.recv_async());
    for woken in &wakers {
        let waker = Waker::from(Arc::clone(woken));
        assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    producer.push(&[1]).expect("room");
    let counts: Vec<_> = wakers.iter().map(|woken| woken.0.load(Ordering::Relaxed)).collect();
    assert_eq!(counts, [0, 0, 1]);
}

#[test]
fn wake_ups_begin_at_the_threshold_or_where_the_ring_is_full() {
    let (mut producer, mut consumer) = Builder::new(8, 1).wake_ups(WakeUps::From(3)).build::<i32>();
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let count = || woken.0.load(Ordering::Relaxed);
    {
        let mut future = pin!(consumer.recv_async());
        assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        producer.push(&[0]).expect("room");
        producer.push(&[1]).expect("room");
        assert_eq!(count(), 0);
        producer.push(&[2]).expect("room");
        assert_eq!(count(), 1);
    }
    let (mut producer, mut consumer) =
        Builder::new(2, 1).wake_ups(WakeUps::From(1000)).build::<i32>();
    let mut future = pin!(consumer.recv_async());
    assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    fill(&mut producer);
    assert_eq!(count(), 2, "more can't come");
}

#[test]
fn by_the_clock_no_push_ever_wakes() {
    let wake_ups = WakeUps::Clock(Duration::from_micros(20));
    let (mut producer, mut consumer) =
        Builder::new(64, 1).overflow(Overflow::Wait).wake_ups(wake_ups).build::<i32>();
    let callback = thread::spawn(move || {
        for n in 0..2000 {
            producer.push(&[n]).expect("it waits");
        }
    });
    for n in 0..2000 {
        assert_eq!(*consumer.recv().expect("in order"), [n]);
    }
    callback.join().expect("no panic");
    assert_eq!(consumer.stats().wake_ups, 0);
}

#[tokio::test]
async fn by_the_clock_a_task_is_ticked_by_the_library() {
    let wake_ups = WakeUps::Clock(Duration::from_micros(100));
    let (mut producer, mut consumer) = Builder::new(64, 1).wake_ups(wake_ups).build::<i32>();
    assert!(tokio::time::timeout(Duration::from_millis(5), consumer.recv_async()).await.is_err());
    let callback = thread::spawn(move || producer.push(&[5]));
    assert_eq!(*consumer.recv_async().await.expect("it came"), [5]);
    assert_eq!(callback.join().expect("no panic"), Ok(()));
    assert_eq!(consumer.recv_async().await.err(), Some(Ended));
    assert_eq!(consumer.stats().wake_ups, 0);
}

#[tokio::test]
async fn a_future_cancelled_in_select_takes_nothing() {
    let (mut producer, mut consumer) = Builder::new(8, 1).overflow(Overflow::Wait).build::<i32>();
    let callback = thread::spawn(move || {
        for n in 0..5000 {
            producer.push(&[n]).expect("it waits");
        }
    });
    let mut next = 0;
    loop {
        tokio::select! {
            biased;
            () = tokio::task::yield_now() => {}
            block = consumer.recv_async() => match block {
                Ok(block) => {
                    assert_eq!(*block, [next]);
                    next += 1;
                }
                Err(Ended) => break,
            },
        }
    }
    assert_eq!(next, 5000);
    callback.join().expect("no panic");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_may_be_held_across_await_in_a_spawned_task() {
    let (mut producer, mut consumer) = Builder::new(8, 2).overflow(Overflow::Wait).build::<i32>();
    let task = tokio::spawn(async move {
        let mut sum = 0;
        while let Ok(block) = consumer.recv_async().await {
            tokio::task::yield_now().await;
            sum += block.iter().sum::<i32>();
        }
        sum
    });
    let callback = thread::spawn(move || {
        for n in 0..1000 {
            producer.push(&[n, 1]).expect("it waits");
        }
    });
    assert_eq!(task.await.expect("no panic"), 499_500 + 1000);
    callback.join().expect("no panic");
}

#[tokio::test]
async fn a_stream_owns_its_blocks_and_ends() {
    let (mut producer, mut blocks) = Builder::new(4, 2).overflow(Overflow::Wait).build::<i32>();
    let callback = thread::spawn(move || {
        for n in 0..1000 {
            producer.push(&[n]).expect("it waits");
        }
    });
    let first = blocks.next().await.expect("one of many");
    let rest: Vec<i32> =
        blocks.by_ref().flat_map(|block| items(block.into_items())).collect().await;
    assert_eq!((&*first, rest), (&[0][..], (1..1000).collect()));
    assert!(blocks.next().await.is_none());
    assert_eq!(blocks.stats().delivered_blocks, 1000);
    callback.join().expect("no panic");
}

fn items(items: Vec<i32>) -> futures_util::stream::Iter<std::vec::IntoIter<i32>> {
    futures_util::stream::iter(items)
}

#[test]
fn a_panic_of_the_waker_passes_through_and_breaks_nothing() {
    struct Bad;
    impl Wake for Bad {
        fn wake(self: Arc<Bad>) {
            panic!("a bad waker");
        }
    }
    let (mut producer, mut consumer) = channel::<i32>(4, 1);
    let mut future = pin!(consumer.recv_async());
    let bad = Waker::from(Arc::new(Bad));
    assert!(future.as_mut().poll(&mut Context::from_waker(&bad)).is_pending());
    let pushed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| producer.push(&[1])));
    assert_eq!(pushed.err().and_then(|words| words.downcast_ref().copied()), Some("a bad waker"));
    let mut context = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_ready(), "the block was published before");
    assert_eq!(producer.push(&[2]), Ok(()));
}

#[test]
fn a_panic_of_the_waker_of_a_full_ring_loses_no_count() {
    struct Bad;
    impl Wake for Bad {
        fn wake(self: Arc<Bad>) {
            panic!("a bad waker");
        }
    }
    // Nothing wakes before the ring is full.
    let (mut producer, mut consumer) =
        Builder::new(2, 1).wake_ups(WakeUps::From(u64::MAX)).build::<i32>();
    let bad = Waker::from(Arc::new(Bad));
    assert!(consumer.poll_recv(&mut Context::from_waker(&bad)).is_pending());
    let mut pushed = 0;
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        loop {
            pushed += 1;
            producer.push(&[pushed]).expect("the waker panics first");
        }
    }));
    assert!(panicked.is_err());
    let delivered = consumer.drain(usize::MAX, |_| ()) as u64;
    assert_eq!(delivered + consumer.stats().dropped_blocks, pushed as u64);
    producer.push(&[0]).expect("room");
    assert_eq!(consumer.recv().expect("pushed").lost_blocks(), 1);
}

#[test]
fn a_producer_that_is_added_while_a_task_waits_wakes_it() {
    let (_first, mut consumer) = channel::<i32>(4, 1);
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    assert!(consumer.poll_recv(&mut context).is_pending());
    let mut second = consumer.add_producer();
    second.push(&[1]).expect("room");
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    assert!(consumer.poll_recv(&mut context).is_ready());
}

#[test]
fn by_the_clock_a_waker_that_panics_twice_stops_nobody_else() {
    struct Twice;
    impl Drop for Twice {
        fn drop(&mut self) {
            panic!("again");
        }
    }
    struct Bad(mpsc::Sender<()>);
    impl Wake for Bad {
        fn wake(self: Arc<Bad>) {
            self.0.send(()).expect("the test listens");
            std::panic::panic_any(Twice);
        }
    }
    struct Good(mpsc::Sender<()>);
    impl Wake for Good {
        fn wake(self: Arc<Good>) {
            self.0.send(()).expect("the test listens");
        }
    }
    let clock = || Builder::new(4, 1).wake_ups(WakeUps::Clock(Duration::from_millis(1)));
    let (woken, wakes) = mpsc::channel();
    for waker in [Waker::from(Arc::new(Bad(woken.clone()))), Arc::new(Good(woken)).into()] {
        let (_producer, mut consumer) = clock().build::<i32>();
        assert!(consumer.poll_recv(&mut Context::from_waker(&waker)).is_pending());
        assert_eq!(wakes.recv_timeout(Duration::from_secs(10)), Ok(()));
    }
}
