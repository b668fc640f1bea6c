//! Channels that carry messages: each block is a `Vec` of its own, but for thingbuf, which lends the
//! one that was there before.

use super::{Channel, Pull, Push, Sample};

type Message = Vec<Sample>;

/// Shows the message, and then all others that are there.
fn drain(
    first: Option<Message>,
    mut next: impl FnMut() -> Option<Message>,
    mut visit: impl FnMut(&[Sample]),
) -> usize {
    let mut message = first;
    let mut count = 0;
    while let Some(samples) = message {
        visit(&samples);
        count += 1;
        message = next();
    }
    count
}

macro_rules! channel {
    ($channel:ident, $name:literal, $sender:ty, $receiver:ty, $open:expr, $send:expr, $poll:expr, $wait:expr) => {
        #[doc = $name]
        pub struct $channel;

        impl Channel for $channel {
            const NAME: &'static str = $name;
            type Producer = $sender;
            type Consumer = $receiver;

            fn open(blocks: usize, _length: usize) -> ($sender, $receiver) {
                $open(blocks)
            }
        }

        impl Push for $sender {
            #[inline]
            fn push(&mut self, samples: &[Sample]) -> bool {
                $send(self, samples.to_vec())
            }
        }

        impl Pull for $receiver {
            #[inline]
            fn poll(&mut self, visit: impl FnMut(&[Sample])) -> usize {
                drain($poll(self), || $poll(self), visit)
            }

            #[inline]
            fn wait(&mut self, visit: impl FnMut(&[Sample])) -> usize {
                drain($wait(self), || $poll(self), visit)
            }
        }
    };
}

channel!(
    Std,
    "std sync_channel",
    std::sync::mpsc::SyncSender<Message>,
    std::sync::mpsc::Receiver<Message>,
    std::sync::mpsc::sync_channel,
    |sender: &std::sync::mpsc::SyncSender<Message>, block| sender.try_send(block).is_ok(),
    |receiver: &std::sync::mpsc::Receiver<Message>| receiver.try_recv().ok(),
    |receiver: &std::sync::mpsc::Receiver<Message>| receiver.recv().ok()
);

channel!(
    Crossbeam,
    "crossbeam-channel",
    crossbeam_channel::Sender<Message>,
    crossbeam_channel::Receiver<Message>,
    crossbeam_channel::bounded,
    |sender: &crossbeam_channel::Sender<Message>, block| sender.try_send(block).is_ok(),
    |receiver: &crossbeam_channel::Receiver<Message>| receiver.try_recv().ok(),
    |receiver: &crossbeam_channel::Receiver<Message>| receiver.recv().ok()
);

channel!(
    Flume,
    "flume",
    flume::Sender<Message>,
    flume::Receiver<Message>,
    flume::bounded,
    |sender: &flume::Sender<Message>, block| sender.try_send(block).is_ok(),
    |receiver: &flume::Receiver<Message>| receiver.try_recv().ok(),
    |receiver: &flume::Receiver<Message>| receiver.recv().ok()
);

channel!(
    Kanal,
    "kanal",
    kanal::Sender<Message>,
    kanal::Receiver<Message>,
    kanal::bounded,
    |sender: &kanal::Sender<Message>, block| sender.try_send(block).unwrap_or(false),
    |receiver: &kanal::Receiver<Message>| receiver.try_recv().ok().flatten(),
    |receiver: &kanal::Receiver<Message>| receiver.recv().ok()
);

channel!(
    Crossfire,
    "crossfire spsc",
    crossfire::Tx<crossfire::spsc::Array<Message>>,
    crossfire::Rx<crossfire::spsc::Array<Message>>,
    crossfire::spsc::bounded_blocking,
    |sender: &crossfire::Tx<crossfire::spsc::Array<Message>>, block| sender.try_send(block).is_ok(),
    |receiver: &crossfire::Rx<crossfire::spsc::Array<Message>>| receiver.try_recv().ok(),
    |receiver: &crossfire::Rx<crossfire::spsc::Array<Message>>| receiver.recv().ok()
);

channel!(
    Tokio,
    "tokio mpsc",
    tokio::sync::mpsc::Sender<Message>,
    tokio::sync::mpsc::Receiver<Message>,
    tokio::sync::mpsc::channel,
    |sender: &tokio::sync::mpsc::Sender<Message>, block| sender.try_send(block).is_ok(),
    |receiver: &mut tokio::sync::mpsc::Receiver<Message>| receiver.try_recv().ok(),
    |receiver: &mut tokio::sync::mpsc::Receiver<Message>| receiver.blocking_recv()
);

channel!(
    AsyncChannel,
    "async-channel",
    async_channel::Sender<Message>,
    async_channel::Receiver<Message>,
    async_channel::bounded,
    |sender: &async_channel::Sender<Message>, block| sender.try_send(block).is_ok(),
    |receiver: &async_channel::Receiver<Message>| receiver.try_recv().ok(),
    |receiver: &async_channel::Receiver<Message>| receiver.recv_blocking().ok()
);

type Recycling = thingbuf::recycling::WithCapacity;
type ThingbufSender = thingbuf::mpsc::blocking::Sender<Message, Recycling>;
type ThingbufReceiver = thingbuf::mpsc::blocking::Receiver<Message, Recycling>;

/// thingbuf: its slots keep their `Vec`.
pub struct Thingbuf;

impl Channel for Thingbuf {
    const NAME: &'static str = "thingbuf";
    type Producer = ThingbufSender;
    type Consumer = ThingbufReceiver;

    fn open(blocks: usize, length: usize) -> (ThingbufSender, ThingbufReceiver) {
        let keep = Recycling::new().with_min_capacity(length);
        thingbuf::mpsc::blocking::with_recycle(blocks, keep)
    }
}

impl Push for ThingbufSender {
    #[inline]
    fn push(&mut self, samples: &[Sample]) -> bool {
        match self.try_send_ref() {
            Ok(mut slot) => {
                slot.extend_from_slice(samples);
                true
            }
            Err(_) => false,
        }
    }
}

impl Pull for ThingbufReceiver {
    #[inline]
    fn poll(&mut self, mut visit: impl FnMut(&[Sample])) -> usize {
        let mut count = 0;
        while let Ok(block) = self.try_recv_ref() {
            visit(&block);
            count += 1;
        }
        count
    }

    fn wait(&mut self, mut visit: impl FnMut(&[Sample])) -> usize {
        match self.recv_ref() {
            Some(block) => visit(&block),
            None => return 0,
        }
        1 + self.poll(visit)
    }
}
