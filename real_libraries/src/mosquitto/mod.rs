//! mosquitto: messages that arrive on the library's own thread come out of a tokio `Stream`.
//!
//! The library has one user data a client, which all callbacks of that client get. Its thread runs
//! them one after the other, and reads nothing from the network meanwhile.

mod broker;
mod client;
mod events;
mod ffi;

use std::fmt;

use callback_bridge::handoff::Overflow;
use tokio_stream::StreamExt;

pub use broker::Broker;
pub use client::{Client, Error, Publisher, Quality};
pub use events::{Event, Message};

/// What [`run`] saw.
#[derive(Debug, PartialEq, Eq)]
pub struct Report {
    /// All that came out of the stream.
    pub events: Vec<Event>,
    /// Messages that found no room.
    pub lost: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for event in &self.events {
            match event {
                Event::Connected(code) => writeln!(f, "connected     {code}")?,
                Event::Disconnected(code) => writeln!(f, "disconnected  {code}")?,
                Event::Message(Message { topic, payload, .. }) => {
                    writeln!(f, "message       {topic} {}", String::from_utf8_lossy(payload))?;
                }
            }
        }
        write!(f, "lost          {}", self.lost)
    }
}

/// Starts a broker, kills it in between, and consumes what a client of it gets.
///
/// # Errors
///
/// The broker doesn't start, or what the library said.
pub async fn run() -> Result<Report, Box<dyn std::error::Error>> {
    let mut broker = Broker::start()?;
    let mut client = Client::connect(broker.port(), c"birds/#", 16, Overflow::Wait)?;
    let publisher = client.publisher();
    let mut events = Vec::new();
    let mut connections = 0;
    while let Some(event) = client.next().await {
        let last = match &event {
            Event::Connected(_) => {
                connections += 1;
                // Not `AtLeastOnce`: what the dead broker did not confirm would come again.
                let (wren, owl) = (format!("visit {connections}"), format!("night {connections}"));
                publisher.publish(c"birds/wren", wren.as_bytes(), Quality::AtMostOnce)?;
                publisher.publish(c"birds/owl", owl.as_bytes(), Quality::AtMostOnce)?;
                false
            }
            Event::Message(message) if message.topic == "birds/owl" => {
                if connections == 1 {
                    broker.kill();
                }
                connections == 2
            }
            Event::Disconnected(_) => {
                broker.restart()?;
                false
            }
            Event::Message(_) => false,
        };
        events.push(event);
        if last {
            break;
        }
    }
    Ok(Report { events, lost: client.stats().dropped_blocks })
}
