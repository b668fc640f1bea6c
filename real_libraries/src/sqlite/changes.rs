//! The changes of a connection, for an async consumer.

use callback_bridge::handoff::{Builder, Overflow, Stats, Subscription};

use super::connection::{Connection, Error, Operation, Unhook};

/// Room for the name of a table in each record of the ring; a longer one takes that of several.
const NAME: usize = 64;

/// What comes before the name: the operation and the row.
const HEAD: usize = 1 + size_of::<i64>();

/// One row that has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What happened to it.
    pub operation: Operation,
    /// Its table.
    pub table: String,
    /// Its number there.
    pub row: i64,
    /// How many changes were lost just before this one.
    pub lost_before: u64,
}

/// The changes of a connection. Dropping it takes the hook away.
///
/// SQLite then waits for the statement that runs, and that may be waiting for room: so a
/// `Subscription` lets it go first.
#[derive(Debug)]
pub struct Changes(Subscription<u8, Unhook>);

impl Connection {
    /// The changes of this connection from now on, through room for at least `room` of them.
    ///
    /// With [`Overflow::Wait`] a statement whose changes nobody takes doesn't go on.
    ///
    /// # Errors
    ///
    /// As [`Connection::on_update`], whose hook this takes.
    pub fn changes(&self, room: usize, overflow: Overflow) -> Result<Changes, Error> {
        let (mut producer, consumer) =
            Builder::new(room, HEAD + NAME).overflow(overflow).build::<u8>();
        let hook = self.on_update(move |operation, table, row| {
            let record = [&[operation as u8][..], &row.to_ne_bytes(), table.to_bytes()];
            // What finds no room is counted by the hand-off.
            let _ = producer.push_parts(&record);
        })?;
        Ok(Changes(Subscription::new(consumer, hook)))
    }
}

impl Changes {
    /// The next change; there is one more for as long as the connection is used. Safe to cancel.
    pub async fn next(&mut self) -> Option<Change> {
        let block = self.0.recv_async().await.ok()?;
        let (&[operation, ref row @ ..], table) = block.split_first_chunk::<HEAD>()?;
        Some(Change {
            operation: match operation {
                operation if operation == Operation::Insert as u8 => Operation::Insert,
                operation if operation == Operation::Update as u8 => Operation::Update,
                _ => Operation::Delete,
            },
            table: String::from_utf8_lossy(table).into_owned(),
            row: i64::from_ne_bytes(*row.first_chunk()?),
            lost_before: block.lost_blocks(),
        })
    }

    /// What the hand-off has counted.
    pub fn stats(&self) -> Stats {
        self.0.stats()
    }

    /// Goes on with a panic of the hook, if there was one.
    ///
    /// # Panics
    ///
    /// If the hook has panicked.
    pub fn resume_panic(&self) {
        self.0.registration().resume_panic();
    }
}
