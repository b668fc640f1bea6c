//! mosquitto's callbacks as a stream.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use callback_bridge::handoff::Overflow;
use real_libraries::mosquitto::{Broker, Client, Error, Event, Message, Quality, run};
use tokio_stream::StreamExt;

/// Only guards against a hang.
const LONG: Duration = Duration::from_secs(60);

/// How many messages a test sends.
const SENT: u32 = 400;

/// So long that the ring of a test holds few.
fn payload(number: u32) -> Vec<u8> {
    let mut payload = vec![0; 480];
    payload[..4].copy_from_slice(&number.to_ne_bytes());
    payload
}

fn number(message: &Message) -> u32 {
    u32::from_ne_bytes(*message.payload.first_chunk().expect("a number"))
}

async fn next(client: &mut Client) -> Event {
    let event = tokio::time::timeout(LONG, client.next()).await.expect("it does not hang");
    event.expect("the client is there, so there is a next event")
}

async fn next_message(client: &mut Client) -> Message {
    match next(client).await {
        Event::Message(message) => message,
        event => panic!("{event:?} is no message"),
    }
}

/// A client that is connected, and thus subscribed before whatever it publishes.
async fn connected(broker: &Broker, room: usize, overflow: Overflow) -> Client {
    let mut client = Client::connect(broker.port(), c"birds/#", room, overflow).expect("a client");
    assert_eq!(next(&mut client).await, Event::Connected(0));
    client
}

fn publish_all(client: &Client) {
    let publisher = client.publisher();
    for number in 0..SENT {
        publisher
            .publish(c"birds/wren", &payload(number), Quality::AtLeastOnce)
            .expect("a connection");
    }
}

/// Looks again and again, without the library's help.
fn wait_until(mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < LONG, "it does not come");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Drops the client on another thread, where it can't hang the test.
fn drop_guarded(client: Client) {
    let (done, dropped) = mpsc::channel();
    let thread = thread::spawn(move || {
        drop(client);
        done.send(()).expect("the test listens");
    });
    assert_eq!(dropped.recv_timeout(LONG), Ok(()), "dropping hangs");
    thread.join().expect("no panic");
}

#[tokio::test]
async fn messages_arrive_in_order_byte_for_byte() {
    let broker = Broker::start().expect("a broker");
    let mut client = connected(&broker, 1000, Overflow::DropNewest).await;
    let publisher = client.publisher();
    let payloads = [&b"zirr"[..], b"", b"\0\xff\0", &[7; 5000]];
    for payload in payloads {
        publisher.publish(c"birds/wren", payload, Quality::AtLeastOnce).expect("a connection");
    }
    for payload in payloads {
        let topic = "birds/wren".to_owned();
        let expected = Message { topic, payload: payload.to_vec(), lost_before: 0 };
        assert_eq!(next_message(&mut client).await, expected);
    }
    publish_all(&client);
    for expected in 0..SENT {
        let message = next_message(&mut client).await;
        assert_eq!((number(&message), message.lost_before), (expected, 0));
    }
    assert_eq!(client.stats().dropped_blocks, 0);
    assert_eq!((client.counts().refused, client.counts().panics), (0, 0));
}

#[tokio::test]
async fn slow_consumer_with_wait_loses_nothing() {
    let broker = Broker::start().expect("a broker");
    let mut client = connected(&broker, 4, Overflow::Wait).await;
    publish_all(&client);
    // One of the two rings is full.
    wait_until(|| client.stats().high_water >= client.stats().capacity / 4);
    for expected in 0..SENT {
        let message = next_message(&mut client).await;
        assert_eq!((number(&message), message.lost_before), (expected, 0));
    }
    assert_eq!(client.stats().dropped_blocks, 0);
}

#[tokio::test]
async fn slow_consumer_with_drop_newest_loses_nothing_that_is_not_counted() {
    let broker = Broker::start().expect("a broker");
    let mut client = connected(&broker, 4, Overflow::DropNewest).await;
    publish_all(&client);
    wait_until(|| client.stats().dropped_blocks > 0);

    let (mut received, mut expected) = (0, 0);
    let begin = Instant::now();
    while received + client.stats().dropped_blocks < u64::from(SENT) {
        assert!(begin.elapsed() < LONG, "{received} of {SENT}, {:?}", client.stats());
        // The last ones may be lost: then none comes, and the count above says so.
        let patience = Duration::from_millis(20);
        if let Ok(event) = tokio::time::timeout(patience, client.next()).await {
            let Some(Event::Message(message)) = event else { panic!("{event:?} is no message") };
            expected += message.lost_before;
            assert_eq!(u64::from(number(&message)), expected, "gaps are as long as they say");
            (received, expected) = (received + 1, expected + 1);
        }
    }
    let dropped = client.stats().dropped_blocks;
    assert_eq!(received + dropped, u64::from(SENT));

    while expected - received < dropped {
        // What was lost last is told with the next message that finds room.
        client
            .publisher()
            .publish(c"birds/wren", &payload(SENT), Quality::AtLeastOnce)
            .expect("a connection");
        let message = next_message(&mut client).await;
        expected += message.lost_before + u64::from(number(&message) < SENT);
    }
    assert_eq!(expected, u64::from(SENT));
}

#[tokio::test]
async fn message_that_is_longer_than_the_ring_is_counted_as_lost() {
    let broker = Broker::start().expect("a broker");
    let mut client = connected(&broker, 4, Overflow::Wait).await;
    let publisher = client.publisher();
    publisher.publish(c"birds/emu", &[0; 100_000], Quality::AtLeastOnce).expect("a connection");
    publisher.publish(c"birds/wren", b"zirr", Quality::AtLeastOnce).expect("a connection");
    let (topic, payload) = ("birds/wren".to_owned(), b"zirr".to_vec());
    let expected = Message { topic, payload, lost_before: 1 };
    assert_eq!(next_message(&mut client).await, expected);
}

#[tokio::test]
async fn stream_goes_on_after_the_broker_was_killed_and_restarted() {
    let report = tokio::time::timeout(LONG, run()).await.expect("no hang").expect("a report");
    let message = |topic: &str, payload: &[u8]| {
        let (topic, payload) = (topic.to_owned(), payload.to_vec());
        Event::Message(Message { topic, payload, lost_before: 0 })
    };
    // 7: the connection was lost.
    let expected = [
        Event::Connected(0),
        message("birds/wren", b"visit 1"),
        message("birds/owl", b"night 1"),
        Event::Disconnected(7),
        Event::Connected(0),
        message("birds/wren", b"visit 2"),
        message("birds/owl", b"night 2"),
    ];
    assert_eq!((&report.events[..], report.lost), (&expected[..], 0));
}

#[tokio::test]
async fn client_is_dropped_while_a_callback_waits_for_room() {
    let broker = Broker::start().expect("a broker");
    let client = connected(&broker, 4, Overflow::Wait).await;
    publish_all(&client);
    wait_until(|| client.stats().high_water >= client.stats().capacity / 4);
    drop_guarded(client);
}

#[tokio::test]
async fn client_is_dropped_while_the_broker_is_away() {
    let mut broker = Broker::start().expect("a broker");
    let mut client = connected(&broker, 4, Overflow::Wait).await;
    broker.kill();
    match next(&mut client).await {
        Event::Disconnected(code) => assert_ne!(code, 0, "it was not our wish"),
        event => panic!("{event:?}"),
    }
    drop_guarded(client);
}

#[test]
fn where_no_broker_listens_the_system_says_so() {
    let mut broker = Broker::start().expect("a broker");
    broker.kill();
    match Client::connect(broker.port(), c"birds/#", 4, Overflow::Wait) {
        Err(Error::System(error)) => {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn transcript_in_the_readme_is_what_the_command_prints() {
    let report = tokio::time::timeout(LONG, run()).await.expect("no hang").expect("a report");
    let command = "$ cargo run -q --manifest-path real_libraries/Cargo.toml --features mosquitto --bin mosquitto";
    let transcript = format!("```console\n{command}\n{report}\n```\n");
    assert!(include_str!("../README.md").contains(&transcript), "{transcript}");
}
